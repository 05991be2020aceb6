"""Requests that aiokafka lacks: on the wire as Kafka's protocol has them."""

import struct
from io import BytesIO
from typing import Any

from streaming.brokers.kafka.requests import (
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsRequest_v0,
    IncrementalAlterConfigsResponse_v0,
    ListTransactionsRequest,
    ListTransactionsRequest_v0,
    ListTransactionsResponse_v0,
)


def text(value: str) -> bytes:
    return struct.pack(">h", len(value)) + value.encode()


def compact(value: bytes) -> bytes:
    return bytes([len(value) + 1]) + value


def test_a_change_of_settings_names_each_topic_and_sets_only_what_is_given() -> None:
    request = IncrementalAlterConfigsRequest({"llm.skips": {"retention.ms": "7"}})

    body = request.build(IncrementalAlterConfigsRequest_v0).encode()

    topic = struct.pack(">b", 2) + text("llm.skips")
    setting = text("retention.ms") + struct.pack(">b", 0) + text("7")
    one = struct.pack(">i", 1)
    assert body == one + topic + one + setting + b"\x00"


def test_the_results_of_a_change_are_read_for_each_topic() -> None:
    results = struct.pack(">hhb", 29, -1, 2) + text("llm.skips")

    response: Any = IncrementalAlterConfigsResponse_v0.decode(BytesIO(struct.pack(">ii", 0, 1) + results))

    assert response.responses == [(29, None, 2, "llm.skips")]


def test_transactions_are_asked_for_by_producer_in_every_state() -> None:
    body = ListTransactionsRequest([7, 8]).build(ListTransactionsRequest_v0).encode()

    assert body == b"\x01" + b"\x03" + struct.pack(">qq", 7, 8) + b"\x00"


def test_a_transactional_id_of_any_bytes_is_read() -> None:
    state = compact(b"\xff\xfeid") + struct.pack(">q", 7) + compact(b"Ongoing") + b"\x00"

    response: Any = ListTransactionsResponse_v0.decode(
        BytesIO(struct.pack(">ih", 0, 0) + b"\x01" + b"\x02" + state + b"\x00")
    )

    ((transactional_id, producer_id, _, _),) = response.transaction_states
    assert (transactional_id.encode("latin-1"), producer_id) == (b"\xff\xfeid", 7)
