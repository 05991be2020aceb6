"""Encryption of what a request holds, by tenant, day and purpose."""
