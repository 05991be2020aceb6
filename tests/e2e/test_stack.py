"""The whole stack as a user starts it: Kafka, ClickHouse, a process for each service, a stub provider."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from confluent_kafka import Producer

from benchmarks.chaos import CONFIG, kill, parts, produce, stub, weir
from benchmarks.provider_journal import compare
from schemas.values import Message
from weir.client import WeirClient
from weir.config.file import load
from weir.stack.parts import clickhouse_url
from weir.stack.secrets import seal_key, tenant_key

pytestmark = [pytest.mark.e2e, pytest.mark.chaos, pytest.mark.timeout(420)]

GATEWAY = "http://127.0.0.1:23080"
KAFKA = "127.0.0.1:23092"
SERVICES = ["gateway", "guard", "meter", "router", "evaluator+sink"]
NAME, MAIL, CARD, PHONE = (
    "Wilhelmina Quackenbush",
    "w.quackenbush@planted-example.org",
    "5500 0055 5555 5559",
    "+44 20 7946 0123",
)
PERSONAL = f"My name is {NAME}, my mail is {MAIL}, my card {CARD} and my phone {PHONE}. Say hello."
PURGE_BOUND_S = 30.0
COMPARED = ("direction", "kind", "score", "action")


class Stack:
    """A running stack and its files."""

    def __init__(self, folder: Path, journal: Path) -> None:
        self.config = folder / "weir.yaml"
        self.home = folder / "home"
        self.journal = journal

    def verified(self, wait_s: int = 90) -> dict[str, Any]:
        verification = weir(self.config, "verify", "--json", "--wait", str(wait_s))
        assert verification.stdout, verification.stderr
        return json.loads(verification.stdout)

    def key(self, tenant: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {tenant_key(self.home, tenant)}"}

    def outcomes(self, *request_ids: str) -> list[dict[str, Any]]:
        names = ", ".join(f"'{name}'" for name in request_ids)
        query = f"SELECT * FROM weir.completions WHERE request_id IN ({names}) FORMAT JSONEachRow"
        return [
            json.loads(line)
            for line in httpx.post(clickhouse_url(load(self.config)), content=query, timeout=30)
            .raise_for_status()
            .text.splitlines()
        ]

    def files_with(self, *values: str) -> dict[str, list[str]]:
        files: dict[str, list[str]] = {}
        for path in self.home.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                for value in values:
                    if value.encode() in content:
                        files.setdefault(value, []).append(str(path.relative_to(self.home)))
        return files


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    with stub(folder) as journal:
        running = Stack(folder, journal)
        running.config.write_text(
            CONFIG.format(home=running.home)
            + "  - {name: stub/other, version: 1, valid_from: 2026-01-01T00:00:00Z, "
            + PRICES
        )
        up = weir(running.config, "up", "--detach")
        assert up.returncode == 0, up.stdout + up.stderr
        try:
            yield running
        finally:
            weir(running.config, "down")


PRICES = 'input_usd_per_mtok: "1", output_usd_per_mtok: "1"}\n'


def publish(*values: bytes | None, **settings: Any) -> None:
    producer = Producer({"bootstrap.servers": KAFKA, "message.max.bytes": 8_000_000, **settings})
    for value in values:
        producer.produce(
            "llm.requests", value, key=None, headers=[("odd header ☃", b"\xff\x00"), ("empty", b"")]
        )
    assert producer.flush(30) == 0


def plain(text: str, **fields: Any) -> bytes:
    return json.dumps(
        {"tenant": "acme", "model": "small", "messages": [{"role": "user", "content": text}], **fields}
    ).encode()


def test_status_lists_every_part_for_scripts_and_a_second_up_finds_the_first(stack: Stack) -> None:
    listed = parts(stack.config)
    assert set(listed) == {"kafka", "clickhouse", "gateway", "guard", "meter", "router", "evaluator+sink"}
    assert all(
        set(part) == {"name", "pid", "state", "address", "since"} and part["state"] == "ready"
        for part in listed.values()
    )
    again = weir(stack.config, "up", "--detach")
    assert again.returncode == 0
    assert {name: part["pid"] for name, part in parts(stack.config).items()} == {
        name: part["pid"] for name, part in listed.items()
    }


def test_a_call_is_answered_and_its_owner_alone_may_look_it_up(stack: Stack) -> None:
    body = {
        "model": "small",
        "messages": [{"role": "user", "content": "hello"}],
        "request_id": f"mine-{uuid.uuid4().hex}",
    }
    answer = httpx.post(f"{GATEWAY}/v1/chat/completions", json=body, headers=stack.key("acme"), timeout=60)
    assert answer.status_code == 200, answer.text
    mine = httpx.get(f"{GATEWAY}/v1/requests/{body['request_id']}", headers=stack.key("acme"), timeout=30)
    assert mine.status_code == 200
    assert httpx.get(f"{GATEWAY}/v1/requests/{body['request_id']}", timeout=30).status_code == 401


async def test_personal_data_that_came_sealed_is_in_no_file_and_comes_back_to_its_caller(
    stack: Stack,
) -> None:
    body = {
        "model": "small",
        "messages": [{"role": "user", "content": PERSONAL}],
        "user": MAIL,
        "metadata": {"contact": PHONE},
    }
    answer = httpx.post(f"{GATEWAY}/v1/chat/completions", json=body, headers=stack.key("acme"), timeout=60)
    assert answer.status_code == 200, answer.text
    async with WeirClient(KAFKA, seal_key=seal_key(load(stack.config).home)) as client:
        outcome = await client.ask(
            tenant="acme", model="small", messages=[Message(role="user", content=PERSONAL)], timeout_s=60
        )
    assert outcome.completion.status == "answered"
    assert stack.files_with(NAME, MAIL, CARD, PHONE) == {}
    assert stack.verified()["closes"]
    assert stack.files_with(NAME, MAIL, CARD, PHONE) == {}


def test_personal_data_in_a_plain_record_is_gone_within_the_purge_bound(stack: Stack) -> None:
    planted = "planted.plain@example-purge.org"
    publish(plain(f"I am {planted}, say hello."), plain(f"broken after {planted}")[:-3])
    deadline = time.monotonic() + PURGE_BOUND_S
    while stack.files_with(planted) and time.monotonic() < deadline:
        time.sleep(1)
    assert stack.files_with(planted) == {}
    assert stack.verified()["closes"]


def test_a_text_has_one_verdict_whichever_way_it_came_and_a_moderation_costs_nothing(stack: Stack) -> None:
    text = f"Mail {MAIL} about the card {CARD} today."
    request_ids = {way: f"{way}-{uuid.uuid4().hex}" for way in ("chat", "moderation", "plain")}
    body = {"input": text, "model": "small", "request_id": request_ids["moderation"]}
    moderated = httpx.post(f"{GATEWAY}/v1/moderations", json=body, headers=stack.key("acme"), timeout=60)
    chat = {
        "model": "small",
        "messages": [{"role": "user", "content": text}],
        "request_id": request_ids["chat"],
    }
    chatted = httpx.post(f"{GATEWAY}/v1/chat/completions", json=chat, headers=stack.key("acme"), timeout=60)
    publish(plain(text, screen_only=True, request_id=request_ids["plain"]))
    line = json.dumps({"id": 1, "text": text}).encode()
    scanned = subprocess.run(
        (sys.executable, "-m", "services.guard", "scan"),
        input=line,
        capture_output=True,
        check=True,
        timeout=120,
    )
    assert (moderated.status_code, chatted.status_code) == (200, 200), moderated.text + chatted.text
    assert stack.verified()["closes"]
    rows = stack.outcomes(*request_ids.values())
    offline, (result,) = json.loads(scanned.stdout), moderated.json()["results"]
    assert {row["request_id"]: row["status"] for row in rows} == {
        request_ids["chat"]: "answered",
        request_ids["moderation"]: "screened",
        request_ids["plain"]: "screened",
    }
    assert {float(row["cost_usd"]) for row in rows if row["status"] == "screened"} == {0.0}
    findings = [
        [
            finding
            for finding in zip(*(row[f"findings.{name}"] for name in COMPARED), strict=True)
            if finding[0] != "output"
        ]
        for row in rows
    ]
    assert findings[0] == findings[1] == findings[2]
    assert offline["action"] == result["weir"]["action"] == rows[0]["input_action"] == "modify"
    assert offline["detectors"]["pii"] == result["weir"]["pii"]
    assert offline["detectors"]["injection"] == result["weir"]["prompt_injection"]


def test_broken_records_become_dead_letters_and_their_neighbours_are_answered(stack: Stack) -> None:
    before = stack.verified()
    conversation = [{"role": "user", "content": "x"}] * 10_000
    broken: list[bytes | None] = [
        b"{",
        b"\xff\xfe\x00",
        None,
        b"[]",
        json.dumps({"model": "small", "messages": [{"role": "user", "content": "who pays?"}]}).encode(),
        plain("x", temperature="warm"),
        plain("y" * 2_000_000),
        json.dumps({"tenant": "acme", "model": "small", "messages": conversation}).encode(),
    ]
    mixed = [value for record in broken for value in (plain("a good neighbour"), record)]
    publish(*mixed, **{"compression.type": "gzip"})
    publish(
        plain("unknown model", model="nobody"),
        plain("unknown prompt", prompt="nobody"),
        **{"compression.type": "lz4"},
    )
    after = stack.verified()
    assert after["closes"], after
    assert after["dead_letters"] - before["dead_letters"] == len(broken)
    changes = {
        status: after["completions"][status] - before["completions"][status]
        for status in after["completions"]
    }
    assert (changes["answered"], changes["rejected"], changes["failed"]) == (len(broken), 1, 1)


def test_nothing_is_lost_or_counted_twice_while_services_are_killed(stack: Stack) -> None:
    load_thread = Thread(target=produce, args=(400, 16.0))
    load_thread.start()
    for _ in range(8):
        kill(stack.config, SERVICES)
        time.sleep(1.2)
    kill(stack.config, ["clickhouse"])
    load_thread.join()
    balance = stack.verified(180)
    assert balance["closes"], balance
    assert compare(clickhouse_url(load(stack.config)), stack.journal) == []
