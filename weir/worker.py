"""Runs one or more services in one process, on one connection to the broker."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from streaming.process import Service, main
from streaming.settings import StreamSettings

WORKERS: Mapping[str, str] = {
    "guard": "GuardSettings",
    "meter": "MeterSettings",
    "router": "RouterSettings",
    "evaluator": "EvaluatorSettings",
    "sink": "SinkSettings",
    "watch": "WatchSettings",
}


def run(names: Sequence[str]) -> int:
    """Run the named services until a signal and return the exit code; only their modules are imported."""
    unknown = [name for name in names if name not in WORKERS]
    if unknown or not names:
        sys.stderr.write(
            f"weir: {', '.join(unknown) or 'nothing'} is no worker; workers: {', '.join(WORKERS)}\n"
        )
        return 2
    settings = {name: _settings(name) for name in names}
    builds = [_build(name, chosen) for name, chosen in settings.items()]
    # The settings of the process are the same in all of them, because they read the same environment.
    return main("+".join(names), settings[names[0]], builds)


def _settings(name: str) -> StreamSettings:
    kind: type[StreamSettings] = getattr(import_module(f"services.{name}.settings"), WORKERS[name])
    return kind.read()


def _build(name: str, settings: StreamSettings) -> Callable[[], Service]:
    app = import_module(f"services.{name}.app")
    return lambda: app.build(settings)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
