"""Runs the watch as a process."""

import sys

from services.watch.app import build
from services.watch.settings import WatchSettings
from streaming.process import main

if __name__ == "__main__":
    settings = WatchSettings.read()
    sys.exit(main("watch", settings, [lambda: build(settings)]))
