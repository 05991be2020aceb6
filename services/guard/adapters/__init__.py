"""The models of the guard."""
