"""The stream in layers: process, loops, state, partitions, events, then brokers and the seal."""
