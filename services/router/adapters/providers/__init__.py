"""Provider dialects, one file each."""
