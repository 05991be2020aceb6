"""Every fact event in, stores each once, ClickHouse rows out."""
