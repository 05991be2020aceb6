"""HTTP calls to providers, limited in time and size, with or without streaming."""
