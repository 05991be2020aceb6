"""The requests of the demo: each has its outcome, and what is sent arrives whole."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from typing_extensions import override

from schemas.requests import LlmRequest
from weir.config.models import Config
from weir.demo.requests import BY_HTTP, MAX_CELL_CHARS, PLAIN, DemoRequestResult, by_http
from weir.demo.runner import demo_config

KEYS = {"acme": "weir_a", "globex": "weir_g", "thrifty": "weir_t"}


class RecordingGateway(BaseHTTPRequestHandler):
    """Answers every call with its expected status, and keeps it."""

    calls: ClassVar[list[tuple[str, str, dict[str, Any]]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.calls.append((self.path, self.headers["Authorization"], body))
        is_refused = body.get("model") == "down"
        reply = (
            {"error": {"type": "upstream", "code": "provider_unavailable"}}
            if is_refused
            else {"choices": [{"message": {"content": "a long\nanswer " * 9}}]}
        )
        content = json.dumps(reply).encode()
        self.send_response(502 if is_refused else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep the log of the tests short."""


@pytest.fixture
def gateway() -> Iterator[str]:
    RecordingGateway.calls.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), RecordingGateway) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def config() -> Config:
    return demo_config(None)


async def test_every_request_is_sent_with_the_key_of_its_tenant_and_gets_its_outcome(gateway: str) -> None:
    results: list[DemoRequestResult] = []
    shown: list[int] = []

    await by_http(gateway, KEYS, results, lambda: shown.append(len(results)))

    assert len(results) == len(BY_HTTP) + 1 == len(shown)
    assert {key for _, key, _ in RecordingGateway.calls} == {f"Bearer {key}" for key in KEYS.values()}
    assert RecordingGateway.calls[-1][0] == "/v1/feedback"
    outcomes = {result.what: result.outcome for result in results}
    assert outcomes["a provider that only fails"] == "502 provider_unavailable"
    assert outcomes["support question, German"].startswith("200 a long answer a long")
    assert all(len(outcome) <= len("200 ...") + MAX_CELL_CHARS for outcome in outcomes.values())


async def test_requests_that_share_an_id_are_sent_in_their_order(gateway: str) -> None:
    await by_http(gateway, KEYS, [], lambda: None)

    twice = [
        body["messages"][0]["content"]
        for path, _, body in RecordingGateway.calls
        if path == "/v1/chat/completions" and body.get("request_id") == "demo-twice"
    ]

    assert twice == ["Say yes.", "Say yes.", "Say no."]


@pytest.mark.parametrize(
    ("outcome", "is_expected"), [("", True), ("402 budget_exceeded", True), ("200 hello", False)]
)
def test_a_result_is_as_expected_while_there_is_none_yet(outcome: str, is_expected: bool) -> None:
    assert DemoRequestResult("HTTP", "acme", "a story", "402", outcome).is_as_expected is is_expected


def test_every_request_names_a_tenant_and_every_answered_one_a_route_of_the_demo(config: Config) -> None:
    routes = {route.name for route in config.routes}

    assert {tenant for tenant, *_ in BY_HTTP} <= {tenant.name for tenant in config.tenants} <= set(KEYS)
    assert {body["model"] for _, _, status, body in BY_HTTP if status in {"200", "402", "502"}} <= routes
    assert {body["model"] for _, _, status, body in BY_HTTP if status == "404"} & routes == set()


def test_plain_records_with_a_tenant_can_be_read_and_the_others_are_malformed() -> None:
    for tenant, what, value in PLAIN:
        if tenant == "-":
            assert what in {
                *("malformed JSON", "no tenant", "wrong types", "invalid UTF-8"),
                "an e-mail address as request id",
            }
        else:
            assert LlmRequest.model_validate_json(value).tenant == tenant
