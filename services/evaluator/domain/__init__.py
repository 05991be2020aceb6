"""The evaluator's rules, without I/O: metrics of an answer, and what is remembered of it."""
