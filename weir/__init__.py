"""The command line, the client for producers and the local stack of Weir."""
