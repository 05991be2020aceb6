"""Completion and Feedback in; measures answers, joins opinions to them; Evaluation out."""
