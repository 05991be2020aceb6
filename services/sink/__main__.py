"""Runs the sink as a process."""

import sys

from services.sink.app import build
from services.sink.settings import SinkSettings
from streaming.process import main

if __name__ == "__main__":
    settings = SinkSettings.read()
    sys.exit(main("sink", settings, [lambda: build(settings)]))
