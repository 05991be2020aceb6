"""Runs the meter as a process."""

import sys

from services.meter.app import build
from services.meter.settings import MeterSettings
from streaming.life import main

if __name__ == "__main__":
    settings = MeterSettings.read()
    sys.exit(main("meter", settings, [lambda: build(settings)]))
