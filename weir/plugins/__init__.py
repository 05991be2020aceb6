"""The modules that a plug-in package imports, one for each kind of plug-in; it needs nothing else of Weir."""
