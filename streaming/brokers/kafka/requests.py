"""Kafka requests that aiokafka lacks: changing single topic settings, and listing transactions."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Array,
    Boolean,
    CompactArray,
    CompactString,
    Int8,
    Int16,
    Int32,
    Int64,
    Schema,
    String,
    TaggedFields,
)

TOPIC_RESOURCE = 2
SET = 0


class IncrementalAlterConfigsResponse_v0(Response):  # noqa: N801 - named as aiokafka names its own
    """The result for each resource."""

    API_KEY = 44  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride] - as in aiokafka's own responses
    API_VERSION = 0  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride] - as in aiokafka's own responses
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "responses",
            Array(
                ("error_code", Int16),
                ("error_message", String("utf-8")),
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
            ),
        ),
    )


class IncrementalAlterConfigsRequest_v0(RequestStruct):  # noqa: N801 - as above
    """Changes the named settings and leaves all others unchanged (KIP-339)."""

    API_KEY = 44
    API_VERSION = 0
    RESPONSE_TYPE = IncrementalAlterConfigsResponse_v0
    SCHEMA = Schema(
        (
            "resources",
            Array(
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
                (
                    "configs",
                    Array(("name", String("utf-8")), ("operation", Int8), ("value", String("utf-8"))),
                ),
            ),
        ),
        ("validate_only", Boolean),
    )


class IncrementalAlterConfigsRequest(Request[IncrementalAlterConfigsRequest_v0]):
    """Set settings of topics (name to setting to value)."""

    API_KEY = 44

    def __init__(self, topics: Mapping[str, Mapping[str, str]]) -> None:
        self._resources = [
            (TOPIC_RESOURCE, name, [(key, SET, value) for key, value in settings.items()])
            for name, settings in topics.items()
        ]

    def build(
        self, request_struct_class: type[IncrementalAlterConfigsRequest_v0]
    ) -> IncrementalAlterConfigsRequest_v0:
        """Build the request in the version that the broker supports."""
        return request_struct_class(self._resources, False)  # noqa: FBT003 - the protocol's own field


class ListTransactionsResponse_v0(Response):  # noqa: N801 - as above
    """The transactions of one coordinator."""

    API_KEY = 66  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride] - as in aiokafka's own responses
    API_VERSION = 0  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride] - as in aiokafka's own responses
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("unknown_state_filters", CompactArray(CompactString("utf-8"))),
        (
            "transaction_states",
            CompactArray(
                # Foreign producers may use any bytes; an id that is no UTF-8 must not break the connection.
                ("transactional_id", CompactString("latin-1")),
                ("producer_id", Int64),
                ("transaction_state", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class ListTransactionsRequest_v0(RequestStruct):  # noqa: N801 - as above
    """Lists the transactions of one coordinator (KIP-664)."""

    API_KEY = 66
    API_VERSION = 0
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = ListTransactionsResponse_v0
    SCHEMA = Schema(
        ("state_filters", CompactArray(CompactString("utf-8"))),
        ("producer_id_filters", CompactArray(Int64)),
        ("tags", TaggedFields),
    )


class ListTransactionsRequest(Request[ListTransactionsRequest_v0]):
    """List the transactions of some producers."""

    API_KEY = 66

    def __init__(self, producer_ids: Sequence[int]) -> None:
        self._producer_ids = list(producer_ids)

    def build(self, request_struct_class: type[ListTransactionsRequest_v0]) -> ListTransactionsRequest_v0:
        """Build the request in the version that the broker supports."""
        no_tags: dict[int, Any] = {}
        return request_struct_class([], self._producer_ids, no_tags)
