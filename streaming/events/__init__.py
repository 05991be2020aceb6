"""From records to events and back: decoding, handling, publishing, dead letters."""
