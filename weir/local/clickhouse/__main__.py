"""Runs the embedded ClickHouse: `python -m weir.local.clickhouse --home DIR --port N`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from weir.local.errors import LocalStackError
from weir.local.folders import set_private_umask

FINISH_TIMEOUT_S = 8.0


def serve(home: Path, port: int) -> None:
    """Serve the database of a state folder until SIGTERM or SIGINT; running queries have 8 s to finish."""
    # The engine takes a quarter second to load, so arguments are checked first.
    from weir.local.clickhouse import server
    from weir.local.clickhouse.access import PasswordDigests
    from weir.local.clickhouse.engine import Engine
    from weir.local.clickhouse.http import HttpInterface
    from weir.local.clickhouse.request_head import RequestHeadGate

    with server.bind(port) as listener:
        engine = Engine(home / "clickhouse")
        for message in engine.detached:
            _log(message)
        interface = HttpInterface(engine, RequestHeadGate.at(port, PasswordDigests.from_folder(home)))
        _log(f"http://127.0.0.1:{port} serves {home / 'clickhouse'}, pid {os.getpid()}")
        server.serve(interface, listener, FINISH_TIMEOUT_S)
    engine.close(FINISH_TIMEOUT_S)
    _log("closed")


def _log(message: str) -> None:
    print(f"clickhouse: {message}", flush=True)  # noqa: T201 - the log of the part


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the embedded ClickHouse in the foreground."""
    parser = argparse.ArgumentParser(
        prog="python -m weir.local.clickhouse", description="ClickHouse over HTTP on loopback."
    )
    parser.add_argument(
        "--home", type=Path, required=True, help="state folder; the database is in its folder `clickhouse`"
    )
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args(arguments)
    set_private_umask()
    try:
        serve(chosen.home.resolve(), chosen.port)
    except LocalStackError as error:
        sys.exit(f"clickhouse: {error}")
    except OSError as error:
        sys.exit(f"clickhouse: cannot listen on 127.0.0.1:{chosen.port}: {error.strerror}")


if __name__ == "__main__":
    main()
