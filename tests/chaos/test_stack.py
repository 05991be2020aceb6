"""The local stack under kills of every part and a freeze: the balance closes and every cost is right."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.chaos, pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(1_800)]


def test_the_balance_closes_after_kills_of_services_broker_and_clickhouse(tmp_path: Path) -> None:
    faults = ("--kills", "20", "--broker-kills", "4", "--clickhouse-kills", "4", "--freezes", "1")
    traffic = ("--requests", "2000", "--seed", str(time.time_ns() % 1_000))

    with (tmp_path / "output").open("w+") as output:
        ended = subprocess.run(
            [sys.executable, "-m", "benchmarks.chaos", *faults, *traffic],
            cwd=ROOT,
            stdout=output,
            stderr=output,
            timeout=1_700,
            check=False,
        )
        output.seek(0)
        printed = output.read()

    assert ended.returncode == 0, f"with {traffic}: {printed[-4_000:]}"
    assert printed.rstrip().endswith("closes")
