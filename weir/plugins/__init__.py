"""What a plug-in package imports: a module for each kind of plug-in, and nothing else of Weir."""
