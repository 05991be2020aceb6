"""HTTP in; publishes calls, awaits their outcomes, restores pseudonyms; `LlmRequest` and `Feedback` out."""
