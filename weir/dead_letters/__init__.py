"""Dead letters, for operators: list them, show the structure of one without its content, redrive them."""
