"""The HTTP API: routes, bodies, headers, API keys and replies; it does not depend on topics."""
