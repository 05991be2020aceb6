"""The router's rules, without I/O: prompts, routing decisions, and the results of calls."""
