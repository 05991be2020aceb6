"""The embedded ClickHouse: one process that owns a folder and answers ClickHouse's HTTP interface on loopback."""
