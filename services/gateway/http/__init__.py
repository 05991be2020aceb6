"""The HTTP API: routes, bodies, headers, API keys and replies; it knows no topic."""
