"""The cost of a call: price documents, their schedules, and quotes for the worst case."""
