"""Completion and Feedback in; measures answers, joins feedback to them; Evaluation out."""
