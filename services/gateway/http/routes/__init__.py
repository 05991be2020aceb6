"""The gateway's HTTP paths, one module for each subject."""
