"""Dead letters for whoever operates the stream: list them, look at one without its content, put them back."""
