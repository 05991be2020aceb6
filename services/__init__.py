"""The services of Weir: each takes events in, decides, and gives events out."""
