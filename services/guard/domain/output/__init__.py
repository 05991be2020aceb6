"""Detectors for answers only: leaks of personal data, instructions and canary tokens."""
