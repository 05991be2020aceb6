"""Group offsets in, measures how late each partition is, metrics and Alert out."""
