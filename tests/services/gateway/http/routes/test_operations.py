"""Metrics are exported without content or tenants."""

from typing import Any


async def test_metrics_count_replies_by_route_and_status(bench: Any) -> None:
    await bench.chat(model="poor")

    text = (await bench.client.get("/metrics")).text

    ours = [line for line in text.splitlines() if line.startswith("weir_gateway")]
    assert any(
        line.startswith('weir_gateway_replies_total{route="/v1/chat/completions",status="402"}')
        for line in ours
    )
    assert not any("acme" in line for line in ours)
