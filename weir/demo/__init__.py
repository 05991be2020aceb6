"""`weir demo`."""
