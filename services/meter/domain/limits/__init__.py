"""Limits of tenants: scopes, windows, rates, and the admission of a request under all of them."""
