"""Runs the command line."""

from weir.cli import app

if __name__ == "__main__":
    app()
