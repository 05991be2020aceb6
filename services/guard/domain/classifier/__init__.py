"""The arithmetic of the text classifier: hashed features, the linear tier, calibrated scores."""
