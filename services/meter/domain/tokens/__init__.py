"""Upper bounds of token counts, before a provider has reported any."""
