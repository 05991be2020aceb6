"""Spans, rules, policies and pseudonyms as pure values."""
