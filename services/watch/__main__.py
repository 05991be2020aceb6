"""Runs the watch as a process, with /metrics on its own port."""

import sys

from prometheus_client import start_http_server

from services.watch.app import build
from services.watch.settings import WatchSettings
from streaming.life import main

if __name__ == "__main__":
    settings = WatchSettings.read()
    start_http_server(settings.watch_port, settings.watch_host)
    sys.exit(main("watch", settings, [lambda: build(settings)]))
