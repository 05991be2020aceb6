"""The HTTP edge: bodies, headers, keys, replies; it knows no topic."""
