"""The offline scan: its input lines, its results, its timing."""
