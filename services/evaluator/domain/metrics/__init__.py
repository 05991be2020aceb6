"""The metrics of an answer: one module each, found by their attribute `MEASURES`."""
