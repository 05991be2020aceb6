"""The base class of all events, which holds their CloudEvents type."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from schemas.values import Value

PUBLISHED: Mapping[str, bool] = MappingProxyType({"is_published": True})
"""The validation context of records: what was valid where it was published is accepted here, too."""


class Event(Value):
    """An event of exactly one topic; its record's key is `partition_key`, and its id the `ce_id` header."""

    TYPE: ClassVar[str] = ""

    @property
    def partition_key(self) -> str:
        """The key of the event's record."""
        raise TypeError(f"{type(self).__name__} has no partition key")


class TenantEvent(Event):
    """An event whose key is its tenant, so that all events of a tenant are in one partition, in order."""

    @property
    def tenant_name(self) -> str:
        """The tenant the event belongs to."""
        raise TypeError(f"{type(self).__name__} names no tenant")

    @property
    def partition_key(self) -> str:
        """The tenant."""
        return self.tenant_name
