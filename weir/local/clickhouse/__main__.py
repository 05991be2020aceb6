"""ClickHouse for one machine: the engine and its HTTP interface in one process, `python -m weir.local.clickhouse`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from weir.local.errors import LocalStackError
from weir.local.folders import set_private_umask

FINISH_S = 8.0


def serve(home: Path, port: int) -> None:
    """Serve the database of a state folder until SIGTERM or SIGINT; running queries get eight seconds to finish."""
    # The engine takes a quarter second to load, so a wrong call is answered before it.
    from weir.local.clickhouse import server
    from weir.local.clickhouse.access import PasswordDigests
    from weir.local.clickhouse.engine import Engine
    from weir.local.clickhouse.http import HttpInterface
    from weir.local.clickhouse.request_head import RequestHeadGate

    with server.bind(port) as taken:
        engine = Engine(home / "clickhouse")
        for told in engine.detached:
            print(f"clickhouse: {told}", flush=True)  # noqa: T201 - what the part says to its log
        interface = HttpInterface(engine, RequestHeadGate.at(port, PasswordDigests.kept_in(home)))
        print(
            f"clickhouse: http://127.0.0.1:{port} serves {home / 'clickhouse'}, pid {os.getpid()}", flush=True
        )
        server.serve(interface, taken, FINISH_S)
    engine.close(FINISH_S)
    print("clickhouse: closed", flush=True)  # noqa: T201 - what the part says to its log


def main(arguments: Sequence[str] | None = None) -> None:
    """Run in the foreground."""
    parser = argparse.ArgumentParser(
        prog="python -m weir.local.clickhouse", description="ClickHouse over HTTP on loopback."
    )
    parser.add_argument(
        "--home", type=Path, required=True, help="state folder: the database lies in its folder `clickhouse`"
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
