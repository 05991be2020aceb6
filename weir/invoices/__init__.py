"""`weir invoice`: compares a provider's invoice with the booked usage."""
