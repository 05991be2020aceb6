"""The broker port in memory, with faults on demand."""
