"""Runs the guard as a process, or scans texts offline: `python -m services.guard scan < texts.jsonl`."""

import sys

if __name__ == "__main__":
    if sys.argv[1:]:
        from services.guard.scan import main as scan

        sys.exit(scan(sys.argv[1:]))
    from services.guard.app import build
    from services.guard.settings import GuardSettings
    from streaming.process import main

    settings = GuardSettings.read()
    sys.exit(main("guard", settings, [lambda: build(settings)]))
