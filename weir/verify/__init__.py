"""`weir verify`: the balance of the stream, computed from Kafka and ClickHouse alone."""
