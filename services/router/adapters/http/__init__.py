"""One bounded HTTP exchange with a provider, whole or streamed."""
