"""The base of all events: each has a key, and a tenant's events share theirs."""

import pytest

from schemas.event import Event, TenantEvent
from schemas.topics import EVENT_OF
from tests.schemas.examples import example


@pytest.mark.parametrize("kind", EVENT_OF.values(), ids=list(EVENT_OF))
def test_every_event_has_a_key_and_a_tenants_event_has_the_tenants(kind: type[Event]) -> None:
    event: Event = example(kind)

    assert event.partition_key
    if isinstance(event, TenantEvent):
        assert event.partition_key == event.tenant_name


@pytest.mark.parametrize("kind", [Event, TenantEvent])
def test_an_event_that_declares_no_key_cannot_be_published(kind: type[Event]) -> None:
    with pytest.raises(TypeError, match=kind.__name__):
        _ = kind().partition_key
