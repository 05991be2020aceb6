"""Runs the router as a process."""

import sys

from services.router.app import build
from services.router.settings import RouterSettings
from streaming.process import main

if __name__ == "__main__":
    settings = RouterSettings.read()
    sys.exit(main("router", settings, [lambda: build(settings)]))
