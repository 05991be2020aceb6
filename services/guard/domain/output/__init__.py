"""What only an answer can do wrong: leak data, instructions or canary tokens."""
