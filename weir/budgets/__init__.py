"""Limits on the command line: published, looked at, and why a request was refused."""
