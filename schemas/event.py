"""The base of all events: each class names its CloudEvents type once."""

from typing import ClassVar

from schemas.values import Value


class Event(Value):
    """A past fact on exactly one topic: the record's key is `partition_key`, its id the `ce_id` header."""

    TYPE: ClassVar[str] = ""

    @property
    def partition_key(self) -> str:
        """What the record is keyed by: the tenant for everything from the first guard on."""
        raise TypeError(f"{type(self).__name__} has no partition key")


class TenantEvent(Event):
    """An event whose key is its tenant, so that one partition owner sees all of a tenant in order."""

    @property
    def tenant_name(self) -> str:
        """The tenant the event belongs to."""
        raise TypeError(f"{type(self).__name__} names no tenant")

    @property
    def partition_key(self) -> str:
        """The tenant; a later `lane` suffix (`acme#3`) would be added here and nowhere else."""
        return self.tenant_name
