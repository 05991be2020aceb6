"""Runs the gateway as a process."""

import sys

from services.gateway.app import build
from services.gateway.http.server import serve
from services.gateway.settings import GatewaySettings
from streaming.logs import configure
from streaming.process import tune_garbage_collection

if __name__ == "__main__":
    settings = GatewaySettings.read()
    configure(settings.log_level)
    tune_garbage_collection()
    sys.exit(serve(build(settings), settings.gateway_host, settings.gateway_port))
