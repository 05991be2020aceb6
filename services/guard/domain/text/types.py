"""The type of a span in a text."""

CharSpan = tuple[int, int]
"""Start and end (exclusive), in characters of a text."""
