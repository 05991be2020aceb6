"""Runs the guard as a process."""

import sys

from services.guard.app import build
from services.guard.settings import GuardSettings
from streaming.life import main

if __name__ == "__main__":
    settings = GuardSettings.read()
    sys.exit(main("guard", settings, [lambda: build(settings)]))
