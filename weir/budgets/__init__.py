"""`weir budget`: publish budgets, show what is left of their limits, explain a refusal."""
