"""Text preparation for detectors: normalisation with offsets, deobfuscation, decoding, windowed search."""
