"""LlmRequest and ModelAnswer in, screened and redacted; ScreenedRequest and ScreenedAnswer out."""
