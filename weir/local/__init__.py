"""The local stack: Kafka, ClickHouse and a small model as supervised processes, from Python packages only."""
