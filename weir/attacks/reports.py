"""Reads from ClickHouse the stored prompts that were reported as attacks, by request or by review label."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver.client import Client

from streaming.errors import StreamingError
from weir.stack.migrate import DATABASE

ATTACK_LABEL = "attack"
OF_REQUEST = """
SELECT c.tenant, b.messages FROM {db}.completions AS c
INNER JOIN {db}.bodies AS b ON b.tenant = c.tenant AND b.record_id = c.record_id
WHERE c.request_id = {request:String} AND c.status != 'duplicate'
    AND (empty({tenant:String}) OR c.tenant = {tenant:String})
ORDER BY c.completed_at DESC LIMIT 100
"""
OF_REVIEWS = """
SELECT DISTINCT b.tenant, b.messages FROM {db}.reviews AS r
INNER JOIN {db}.bodies AS b ON b.tenant = r.tenant AND b.record_id = r.record_id
WHERE r.event = 'given' AND has(r.labels, {label:String}) AND r.at >= {since:DateTime64(3)}
    AND (empty({tenant:String}) OR r.tenant = {tenant:String})
ORDER BY b.tenant, b.messages
"""


class UnknownRequestError(StreamingError):
    """A request has no stored prompt, or more than one tenant has it; the message explains what to do."""


@dataclass(frozen=True, slots=True)
class ReportedPrompt:
    """The last user or tool message of a request, as the guard stored it, and its tenant."""

    tenant: str
    text: str


def prompt_of(client: Client, request_id: str, tenant: str, database: str = DATABASE) -> ReportedPrompt:
    """The last user or tool message of a request; an empty tenant is any; raises UnknownRequestError."""
    rows = client.query(
        OF_REQUEST.replace("{db}", database), {"request": request_id, "tenant": tenant}
    ).result_rows
    tenants = sorted({str(row[0]) for row in rows})
    if len(tenants) > 1:
        msg = f"{', '.join(tenants)} have a request '{request_id}': say which with --tenant"
        raise UnknownRequestError(msg)
    prompts = _prompts(rows)
    if not prompts:
        msg = (
            f"no stored prompt of request '{request_id}': bodies are kept for 30 days, "
            "and stored a moment after the outcome"
        )
        raise UnknownRequestError(msg)
    return prompts[0]


def prompts_of_reviews(
    client: Client, since: datetime, tenant: str, database: str = DATABASE
) -> Sequence[ReportedPrompt]:
    """The prompts of completions that a reviewer labelled `attack` since then; an empty tenant is all."""
    parameters = {"label": ATTACK_LABEL, "since": since, "tenant": tenant}
    return _prompts(client.query(OF_REVIEWS.replace("{db}", database), parameters).result_rows)


def _prompts(rows: Sequence[Sequence[object]]) -> list[ReportedPrompt]:
    return [
        ReportedPrompt(str(tenant), text)
        for tenant, messages in rows
        if (text := _last_unprivileged_text(str(messages)))
    ]


def _last_unprivileged_text(messages: str) -> str:
    """The last message of a user or a tool; "" if there is no such message."""
    texts = [
        str(message["content"]) for message in json.loads(messages) if message["role"] in {"user", "tool"}
    ]
    return texts[-1] if texts else ""
