"""The kind of failure follows from the status."""

import pytest

from services.router.domain.provider_call import FailureKind, kind_of_status


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, "configuration"),
        (400, "invalid_request"),
        (401, "configuration"),
        (402, "configuration"),
        (403, "configuration"),
        (404, "configuration"),
        (408, "unavailable"),
        (409, "unavailable"),
        (413, "invalid_request"),
        (422, "invalid_request"),
        (425, "unavailable"),
        (429, "rate_limited"),
        (500, "unavailable"),
        (501, "configuration"),
        (503, "unavailable"),
        (529, "unavailable"),
    ],
)
def test_each_status_has_its_meaning(status: int, kind: FailureKind) -> None:
    assert kind_of_status(status) == kind
