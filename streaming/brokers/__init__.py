"""The broker port and its two implementations, Kafka and in memory, under one contract suite."""
