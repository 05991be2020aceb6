"""Runs the meter, or prices recorded bodies offline: `python -m services.meter price < bodies.jsonl`."""

import sys

if __name__ == "__main__":
    if sys.argv[1:]:
        from services.meter.offline import main as offline

        sys.exit(offline(sys.argv[1:]))
    # The stream's libraries take a second to import, which an offline run does not need.
    from services.meter.app import build
    from services.meter.settings import MeterSettings
    from streaming.process import main

    settings = MeterSettings.read()
    sys.exit(main("meter", settings, [lambda: build(settings)]))
