"""The stack as `weir up` runs it: parts, documents, tables, secrets."""
