"""Runs one Kafka broker: `python -m weir.local.kafka --state DIR --port N`."""

from weir.local.kafka.broker import main

main()
