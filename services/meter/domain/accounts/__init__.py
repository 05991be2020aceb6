"""Tenants' accounts as a fold over the meter's decisions."""
