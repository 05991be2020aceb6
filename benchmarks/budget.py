"""Many producers share the last 10.00 USD of a tenant: compares what is captured with the stated bound.

    python benchmarks/budget.py [--producers 256] [--usd 10.00] [--latency-ms 400]

Starts its own stack (ports 25080 and up, loopback only) in a temporary folder and stops it. Each producer
sends until the budget has refused it three times in a row. Prints captured, bound and balance; exits with 1
if the bound or the balance does not hold.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path

import aiohttp
import clickhouse_connect

from weir.local.clickhouse.access import DatabaseUser, address
from weir.stack.secrets import tenant_key

STUB, GATEWAY, CLICKHOUSE = 25081, 25080, 25123
CONFIG = """
home: {home}
kafka: {{port: 25092}}
clickhouse: {{port: 25123}}
model: {{enabled: false}}
gateway: {{port: 25080}}
metrics_port: 25464
providers:
  - {{name: stub, base_url: "http://127.0.0.1:25081/v1"}}
routes:
  - name: small
    max_output_tokens: 64
    candidates: [{{provider: stub, model: tiny, timeout_s: 30, max_attempts: 1}}]
tenants:
  - {{name: acme, budget: {{monthly_usd: "{usd}"}}}}
prices:
  - {{name: stub/tiny, version: 1, valid_from: 2026-01-01T00:00:00Z,
      input_usd_per_mtok: "500", output_usd_per_mtok: "1500"}}
"""
MAX_REFUSALS = 3
SPEND_TIMEOUT_S = 120
DRAIN_S = 60
NUMBERS = count()


def weir(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `weir` with these arguments."""
    return subprocess.run(
        [sys.executable, "-m", "weir", *arguments, "--config", str(config)],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


@contextmanager
def stack(config: Path, latency_ms: float, journal: Path) -> Generator[None]:
    """A slow stub provider and a running stack that calls it."""
    command = [
        sys.executable,
        "-m",
        "weir.local.stub_provider",
        "--port",
        str(STUB),
        "--latency-ms",
        str(latency_ms),
        "--journal",
        str(journal),
    ]
    provider = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        up = weir(config, "up", "--detach")
        if up.returncode:
            raise SystemExit(up.stdout + up.stderr)
        yield
    finally:
        weir(config, "down")
        provider.terminate()
        provider.wait(10)


async def produce(client: aiohttp.ClientSession, codes: Counter[str]) -> None:
    """Send until the budget has refused three times in a row."""
    refused = 0
    while refused < MAX_REFUSALS:
        content = f"What does order {next(NUMBERS)} cost?"
        async with client.post(
            "/v1/chat/completions",
            json={"model": "small", "messages": [{"role": "user", "content": content}]},
        ) as response:
            answer = json.loads(await response.read())
        code = str(response.status) if response.ok else str(answer["error"]["code"])
        codes[code] += 1
        refused = refused + 1 if code == "budget_exceeded" else 0
        if refused:
            await asyncio.sleep(1.0)


async def spend(key: str, producers: int) -> Counter[str]:
    """Run all producers at once; returns how often the gateway gave each status or error code."""
    codes: Counter[str] = Counter()
    connector, timeout = aiohttp.TCPConnector(limit=producers), aiohttp.ClientTimeout(60)
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(
        f"http://127.0.0.1:{GATEWAY}", connector=connector, timeout=timeout, headers=headers
    ) as client:
        async with asyncio.timeout(SPEND_TIMEOUT_S):
            await asyncio.gather(*(produce(client, codes) for _ in range(producers)))
    return codes


def main() -> int:
    """Spend the budget and compare the bookings with the bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--producers", type=int, default=256)
    parser.add_argument("--usd", type=Decimal, default=Decimal("10.00"))
    parser.add_argument("--latency-ms", type=float, default=400.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="weir-budget-") as name:
        config, home = Path(name) / "weir.yaml", Path(name) / "home"
        config.write_text(CONFIG.format(home=home, usd=chosen.usd))
        with stack(config, chosen.latency_ms, Path(name) / "journal.jsonl"):
            codes = asyncio.run(spend(tenant_key(home, "acme"), chosen.producers))
            verified = weir(config, "verify", "--json", "--wait", str(DRAIN_S))
            client = clickhouse_connect.get_client(dsn=address(home, CLICKHOUSE, DatabaseUser.ANALYST))
            sql = "SELECT sum(u.cost_usd), countIf(u.cost_usd IS NULL), count() FROM weir.usage AS u"
            captured, unknown, lines = client.query(sql).result_rows[0]
            sql = (
                "SELECT sum(greatest(0, cost_usd - reserved_usd)) FROM weir.completions "
                "WHERE status = 'answered'"
            )
            excess = client.query(sql).result_rows[0][0]
    bound = chosen.usd + excess
    print(f"producers          {chosen.producers}, answers of the gateway: {dict(codes)}")
    print(f"captured           {captured} USD in {lines} calls, {unknown} of unknown cost")
    print(
        f"bound              {bound} USD: the budget, plus {excess} USD "
        "that calls cost beyond their reservations"
    )
    print(f"captured / budget  {captured / chosen.usd:.4f}")
    print(f"weir verify        {'closes' if verified.returncode == 0 else verified.stdout + verified.stderr}")
    return 0 if captured <= bound and verified.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
