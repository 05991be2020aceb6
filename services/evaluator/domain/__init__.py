"""The evaluator's rules, without I/O: metrics of an answer, and a cache of recent completions."""
