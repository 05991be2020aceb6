"""Verdicts: read back as they were written, older ones too, and scores stay between zero and one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.verdicts import Finding, Verdict

FOUND: dict[str, Any] = {
    "detector": "rules",
    "kind": "EMAIL_ADDRESS",
    "count": 1,
    "score": 0.5,
    "action": "mask",
}


@given(
    score=st.floats(0, 1),
    count=st.integers(0, 2**32 - 1),
    took_ms=st.decimals(0, 10**9, places=3),
    action=st.sampled_from(["allow", "flag", "mask", "pseudonymise", "block"]),
)
def test_a_verdict_is_read_back_as_it_was_written(
    score: float, count: int, took_ms: Any, action: str
) -> None:
    finding = {**FOUND, "score": score, "count": count, "action": action}
    verdict = Verdict.model_validate(
        {
            "direction": "input",
            "action": "allow",
            "findings": [finding],
            "policy": "default",
            "policy_version": 1,
            "took_ms": took_ms,
        }
    )

    assert Verdict.model_validate_json(verdict.model_dump_json(exclude_none=True)) == verdict


def test_what_an_older_guard_did_not_write_is_unknown() -> None:
    finding = Finding.model_validate(FOUND)

    assert (finding.direction, finding.tier, finding.is_found, finding.points) == (None, None, None, ())
    assert not finding.shadow


@pytest.mark.parametrize(
    "changed",
    [
        {"score": 1.0001},
        {"score": -0.1},
        {"score": float("nan")},
        {"count": -1},
        {"count": 2**32},
        {"action": "delete"},
        {"direction": "sideways"},
        {"tier": "magic"},
    ],
    ids=str,
)
def test_a_finding_out_of_bounds_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(changed))):
        Finding.model_validate({**FOUND, **changed})
