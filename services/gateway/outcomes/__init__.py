"""From a published request to its outcome: followed, cached, looked up, and turned into an error reply."""
