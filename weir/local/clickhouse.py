"""ClickHouse for one machine: the engine and its HTTP interface in one process, `python -m weir.local.clickhouse`."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from weir.local.errors import LocalStackError

FINISH_S = 8.0


def serve(folder: Path, port: int) -> None:
    """Serve a folder until SIGTERM or SIGINT; running queries get eight seconds to finish."""
    # The engine takes a quarter second to load, so a wrong call is answered before it.
    from weir.local.clickhouse_engine import Engine
    from weir.local.clickhouse_http import ClickHouseServer

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    engine = Engine(folder)
    server = ClickHouseServer(engine, port)
    thread = threading.Thread(target=server.serve_forever, name="http", daemon=True)
    thread.start()
    print(f"clickhouse: http://127.0.0.1:{server.server_port} serves {folder}, pid {os.getpid()}", flush=True)  # noqa: T201 - what the part says to its log
    stop.wait()
    server.shutdown()
    server.server_close()
    engine.close(FINISH_S)
    print("clickhouse: closed", flush=True)  # noqa: T201 - what the part says to its log


def main(arguments: Sequence[str] | None = None) -> None:
    """Run in the foreground."""
    parser = argparse.ArgumentParser(prog="python -m weir.local.clickhouse", description="ClickHouse over HTTP on loopback.")
    parser.add_argument("--path", type=Path, required=True, help="folder of the database")
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args(arguments)
    try:
        serve(chosen.path.resolve(), chosen.port)
    except LocalStackError as error:
        sys.exit(f"clickhouse: {error}")
    except OSError as error:
        sys.exit(f"clickhouse: cannot listen on 127.0.0.1:{chosen.port}: {error.strerror}")


if __name__ == "__main__":
    main()
