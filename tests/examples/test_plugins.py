"""The example plug-in package, installed as a user installs it, adds one of each kind."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import invalidate_caches
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from schemas.checks import PLUGIN_CHECKS
from schemas.detections import DETECTORS, KINDS
from schemas.metrics import METRICS
from schemas.policies import PolicyDocument
from schemas.providers import PROVIDER_DIALECTS
from schemas.registry import Registry
from schemas.requests import Sampling
from schemas.values import Message
from services.evaluator.app import outside_metrics
from services.evaluator.domain.metrics.types import EvaluatedAnswer
from services.evaluator.settings import EvaluatorSettings
from services.guard.adapters.plugin_checks import PluginChecks
from services.guard.adapters.plugin_loading import (
    load_check_plugins,
    load_detector_plugins,
    plugin_detectors,
)
from services.guard.domain.types import ScreeningContext, TextSegment
from services.guard.screener import DetectorSet, Screener
from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.app import plugin_providers
from services.router.domain.provider_call import ProviderCall
from weir.cli import app
from weir.config.file import ConfigError, parse

PACKAGE = Path(__file__).parents[2] / "examples" / "plugins"
NAME = "acme-weir"
REGISTRIES: tuple[Registry[Any], ...] = (METRICS, DETECTORS, KINDS, PLUGIN_CHECKS, PROVIDER_DIALECTS)
CONFIG = f"""
plugins: [{NAME}]
providers:
  - {{name: acme, kind: echo, base_url: "http://127.0.0.1:9"}}
policies:
  - name: default
    rules: [{{kind: EMPLOYEE_NUMBER, detector: employee-numbers, direction: input, action: mask}}]
    checks: [{{type: signature, name: signed, arguments: {{text: "Your Acme team"}}}}]
"""
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Build and install the package into a folder of its own, as `pip install examples/plugins` does."""
    folder = tmp_path_factory.mktemp("site")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
    subprocess.run(
        (*pip, "--no-build-isolation", "--no-index", "--target", str(folder), str(PACKAGE)),
        check=True,
        timeout=100,
    )
    sys.path.insert(0, str(folder))
    invalidate_caches()
    yield
    sys.path.remove(str(folder))
    for registry in REGISTRIES:
        registry.withdraw(NAME)


def test_weir_yaml_may_use_what_the_package_declares() -> None:
    config = parse(CONFIG, "weir.yaml")

    assert config.providers[0].kind == "echo"
    assert [check.type for check in config.policies[0].checks] == ["signature"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (f"[{NAME}]", "[nowhere]", "plug-in 'nowhere' is not installed"),
        ("kind: echo", "kind: shout", "there is no provider dialect 'shout'"),
        ("EMPLOYEE_NUMBER,", "EMPLOYEE,", "there is no kind 'EMPLOYEE'"),
        ("type: signature", "type: sign", "there is no check type 'sign'"),
        ('arguments: {text: "Your Acme team"}', "arguments: {}", "give the signature"),
    ],
)
def test_what_it_does_not_declare_is_refused_with_line_and_way_out(old: str, new: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=rf"weir\.yaml line \d+: .*{problem}"):
        parse(CONFIG.replace(old, new), "weir.yaml")


async def test_its_detector_and_its_check_decide_in_the_guard() -> None:
    detectors = plugin_detectors(load_detector_plugins([NAME]), 5)
    checks = PluginChecks(load_check_plugins([NAME]), 5)
    screener = Screener(DetectorSet(rules=(), privacy=detectors, validators=(checks,)))
    policy = PolicyDocument.model_validate(
        {
            "name": "default",
            "rules": [{"kind": "EMPLOYEE_NUMBER", "direction": "output", "action": "mask"}],
            "checks": [{"type": "signature", "name": "signed", "arguments": {"text": "Your Acme team"}}],
        }
    )

    unsigned = await screener.screen(
        [TextSegment("Ask ACME-104233.", "output")], ScreeningContext("output", policy)
    )
    signed = await screener.screen(
        [TextSegment("Ask us. Your Acme team", "output")], ScreeningContext("output", policy)
    )

    assert "ACME-104233" not in unsigned.redacted_texts[0]
    assert unsigned.verdict.action == "block"
    assert signed.verdict.action == "allow"
    assert unsigned.verdict.models == ("employee-numbers@0.1.0",)


async def test_a_personal_kind_of_a_package_is_pseudonymised_without_a_rule() -> None:
    screener = Screener(DetectorSet(rules=(), privacy=plugin_detectors(load_detector_plugins([NAME]), 5)))

    asked = await screener.screen([TextSegment("Ask ACME-104233.")], ScreeningContext("input"))
    answered = await screener.screen([TextSegment("Ask ACME-104233.", "output")], ScreeningContext("output"))

    assert asked.redacted_texts == ("Ask <EMPLOYEE_NUMBER_1>.",)
    assert asked.pseudonyms == {"<EMPLOYEE_NUMBER_1>": "ACME-104233"}
    assert "ACME-104233" not in answered.redacted_texts[0]


def test_a_policy_of_a_file_may_use_what_the_configuration_loads(tmp_path: Path) -> None:
    config, policy = tmp_path / "weir.yaml", tmp_path / "acme.yaml"
    config.write_text(f"plugins: [{NAME}]\n")
    policy.write_text(
        "{name: acme, checks: [{type: signature, name: signed, arguments: {text: x}}],"
        " tests: [{name: t, direction: output, text: no, expect: block, finds: [signed]}]}"
    )

    with pytest.raises(ConfigError):
        parse("plugins: [nowhere]", "weir.yaml")
    result = CliRunner().invoke(app, ["policy", "test", str(policy), "--config", str(config)])

    assert result.exit_code == 0, result.output
    assert "1 of 1 tests pass" in result.output


async def test_its_metric_is_measured_beside_the_built_in_ones() -> None:
    (metric,) = outside_metrics(EvaluatorSettings.model_validate({"seal_key": "x", "plugins": [NAME]}))

    measured = await metric.measure(EvaluatedAnswer((), "Thank you, please wait.", "stop", lambda _: None))

    assert (measured.name, measured.value) == ("politeness", 50.0)


async def test_its_provider_dialect_is_spoken() -> None:
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        body = json.dumps(
            {
                "choices": [{"message": {"content": "four"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 3, "completion_tokens": 1},
            }
        ).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        )
        writer.write(body)
        await writer.drain()
        writer.close()

    new_provider = plugin_providers([NAME])["echo"]
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, ProviderPool(4) as pool:
        address = ProviderAddress("acme", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        provider = new_provider(address, pool, lambda: datetime.now(UTC), LocalTokenCounter())
        call = ProviderCall(
            "m", (Message(role="user", content="2+2?"),), Sampling(), 16, UUID(int=1), "key", 5.0
        )

        reply = await provider.complete(call)

    assert reply.content == "four"
    assert requests[0].startswith(b"POST /generate ")
    assert provider.kind == "echo"
