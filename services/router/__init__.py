"""AdmittedRequest in; renders the prompt, calls the provider with retries and fallback; ModelAnswer out."""
