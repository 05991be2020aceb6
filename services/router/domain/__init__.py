"""The router's rules, without I/O: prompts, what a failed call means, and what to do next."""
