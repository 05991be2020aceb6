"""The contract of Weir: every event, every topic, and how they travel as CloudEvents."""
