"""The embedded Apache Kafka: one broker on loopback."""
