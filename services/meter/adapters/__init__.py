"""Adapters of the meter: the price book, and the token counter."""
