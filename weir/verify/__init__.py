"""`weir verify`: the balance of the stream, computed from Kafka's offsets and ClickHouse's rows only."""
