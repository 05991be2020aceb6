"""`weir demo`: example requests through the whole stack, and where each one ended."""
