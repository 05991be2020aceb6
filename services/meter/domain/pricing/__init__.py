"""What a call costs: price documents, their schedules, and quotes for the worst case."""
