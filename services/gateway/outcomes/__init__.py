"""Outcomes for waiting callers: followed on the stream, cached, found again later."""
