"""Recognisers of personal data: patterns with check digits, context words, names and addresses."""
