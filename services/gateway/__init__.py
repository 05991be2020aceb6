"""HTTP in; publishes each call as an event, waits for its outcome, restores pseudonyms for the caller; `LlmRequest` and `Feedback` out."""
