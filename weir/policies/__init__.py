"""`weir policy`: checks, publishes and backtests policies."""
