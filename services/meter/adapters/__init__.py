"""The price book and the token counter."""
