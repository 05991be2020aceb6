"""A policy's own checks, by type."""
