"""Attacks that the guard knows: added by hand, or learnt from what people confirmed."""
