"""Runs the meter as a process, or prices recorded bodies offline: `python -m services.meter price < bodies.jsonl`."""

import sys

if __name__ == "__main__":
    if sys.argv[1:]:
        from services.meter.offline import main as offline

        sys.exit(offline(sys.argv[1:]))
    # The stream's libraries take a second to load, which an offline run need not wait for.
    from services.meter.app import build
    from services.meter.settings import MeterSettings
    from streaming.process import main

    settings = MeterSettings.read()
    sys.exit(main("meter", settings, [lambda: build(settings)]))
