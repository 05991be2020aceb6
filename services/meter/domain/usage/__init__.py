"""Provider usage blocks, normalised to disjoint token classes and billable units."""
