"""The checks of a policy, one module for each type."""
