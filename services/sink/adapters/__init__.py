"""Stores blocks in ClickHouse."""
