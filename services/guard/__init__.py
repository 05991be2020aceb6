"""LlmRequest and ModelAnswer in, screens them and replaces personal data, ScreenedRequest and ScreenedAnswer out."""
