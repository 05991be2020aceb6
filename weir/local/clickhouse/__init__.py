"""Embedded ClickHouse: one process that owns a folder and serves ClickHouse's HTTP interface on loopback."""
