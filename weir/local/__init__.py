"""The local stack: real Kafka, ClickHouse and a small model as supervised child processes, from Python packages alone."""
