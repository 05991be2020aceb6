"""What lag means: states, drain times, and when somebody must be woken."""
