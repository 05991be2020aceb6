"""Implementations of the router's ports: providers over HTTP, token counts, and time."""
