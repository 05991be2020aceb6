"""What was spent, on the command line."""
