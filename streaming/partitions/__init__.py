"""Assigned topic partitions: their workers, lease, committed progress, lag, and quarantined records."""
