"""The technologies behind the gateway's ports, one a file."""
