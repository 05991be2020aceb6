"""What the router needs from outside: providers over HTTP, and time."""
