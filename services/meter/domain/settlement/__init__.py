"""From a finished request to ledger entries: bookings, outcomes, corrections."""
