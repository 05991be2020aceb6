"""Runs the LiteLLM proxy with one worker in its own environment, and measures it."""

import asyncio
import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.load import WARM_UP_S, Load, flooded, paced, report, server
from weir.local.folders import cache_folder

PORT = 24090
CONFIG = """
model_list:
  - model_name: small
    litellm_params: {model: openai/tiny, api_base: "http://127.0.0.1:24081/v1", api_key: none}
litellm_settings: {telemetry: false}
general_settings: {master_key: KEY}
"""
MASTER_KEY = "sk-" + secrets.token_hex(16)


def installed_litellm() -> Path:
    """Install LiteLLM's proxy in its own environment, once; returns its program."""
    folder = cache_folder() / "litellm"
    binary = folder / "bin" / "litellm"
    if not binary.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        uv = Path(sys.executable).with_name("uv")
        subprocess.run(
            [
                str(uv),
                "pip",
                "install",
                "--quiet",
                "--python",
                str(folder / "bin" / "python"),
                "litellm[proxy]",
            ],
            check=True,
        )
    return binary


def measure_litellm(load: Load, folder: Path, direct: Sequence[float]) -> float:
    """Print the result of LiteLLM; returns answers per second when flooded."""
    (folder / "litellm.yaml").write_text(CONFIG.replace("KEY", MASTER_KEY))
    command = [
        str(installed_litellm()),
        "--config",
        str(folder / "litellm.yaml"),
        "--port",
        str(PORT),
        "--host",
        "127.0.0.1",
        "--num_workers",
        "1",
    ]
    url, key = f"http://127.0.0.1:{PORT}", {"Authorization": f"Bearer {MASTER_KEY}"}
    with server(
        command,
        f"{url}/health/liveliness",
        folder / "litellm.log",
        NO_PROXY="*",
        LITELLM_LOCAL_MODEL_COST_MAP="True",
    ):
        asyncio.run(paced(f"{url}/v1/chat/completions", key, load.rate, WARM_UP_S))
        latencies = asyncio.run(paced(f"{url}/v1/chat/completions", key, load.rate, load.seconds))
        throughput = asyncio.run(flooded(f"{url}/v1/chat/completions", key, load.seconds / 2, load.callers))
        report("litellm", direct, latencies, throughput)
        return throughput
