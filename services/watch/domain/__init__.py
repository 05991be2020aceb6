"""Lag states, rates, drain time and time to loss, from samples of offsets."""
