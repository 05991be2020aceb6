"""What the evaluator needs from outside: a language detector."""
