"""State that is rebuilt from the log: tables of documents, snapshots, dedup windows."""
