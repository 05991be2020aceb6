"""Text as detectors need it: normalised with offsets kept, deobfuscated, decoded, searched in windows."""
