"""Group offsets in, measures the lag of each partition, metrics out."""
