"""The services of Weir: each reads events and publishes the events or rows that follow from them."""
