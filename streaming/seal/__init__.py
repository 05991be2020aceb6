"""Encryption of the content of requests, by tenant, day and purpose."""
