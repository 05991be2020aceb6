"""`weir policy`: policies as documents that are checked, published, and replayed."""
