"""ScreenedRequest and ScreenedAnswer in; AdmittedRequest, Completion and Adjustment out."""
