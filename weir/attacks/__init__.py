"""Known attacks: texts that the guard detects, added by hand or from confirmed requests and reviews."""
