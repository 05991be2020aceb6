"""ScreenedRequest and ScreenedAnswer in, opens and closes every request and books its money, AdmittedRequest, Completion and Adjustment out."""
