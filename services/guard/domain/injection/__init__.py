"""Prompt injection without a model: patterns by phrase, and similarity to known attacks."""
