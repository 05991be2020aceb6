"""A provider's invoice against what was booked."""
