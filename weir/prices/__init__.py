"""Our own prices on the command line: published, looked at, and what was booked at another price booked anew."""
