"""A real Apache Kafka on one machine."""
