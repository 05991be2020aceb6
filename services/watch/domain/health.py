"""The lag trend of a partition from two samples of its offsets, with the lag states of Burrow."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

LagState = Literal["OK", "WARN", "STALL", "STOP", "REWIND"]
MAX_HEALTHY_LAG_S = 2.0


@dataclass(frozen=True, slots=True)
class LagSample:
    """A group's offsets in a partition; `waiting_since` is the append time of the first unfinished record."""

    at: datetime
    committed: int
    end: int
    records: int
    lag_s: float
    waiting_since: datetime | None


@dataclass(frozen=True, slots=True)
class LagTrend:
    """The result of two samples; `drain_s` is None for never, `loss_in_s` None if no loss is ahead."""

    state: LagState
    consumed_per_s: float
    produced_per_s: float
    drain_s: float | None
    loss_in_s: float | None


def lag_trend(before: LagSample | None, now: LagSample, retention_s: float | None) -> LagTrend:
    """Compare two samples; a first sample has rates of 0.

    STOP: nothing was committed while records waited and more were appended; STALL: none were appended;
    REWIND: the committed offset went back; WARN: the lag is over MAX_HEALTHY_LAG_S.
    """
    elapsed_s = (now.at - before.at).total_seconds() if before else 0.0
    if before is None or elapsed_s <= 0:
        return LagTrend(
            "OK" if now.lag_s <= MAX_HEALTHY_LAG_S else "WARN",
            0.0,
            0.0,
            0.0 if now.records == 0 else None,
            _loss_in_s(now, retention_s),
        )
    consumed = (now.committed - before.committed) / elapsed_s
    produced = (now.end - before.end) / elapsed_s
    return LagTrend(
        _state(before, now),
        consumed,
        produced,
        _drain_s(now.records, consumed, produced),
        _loss_in_s(now, retention_s),
    )


def _state(before: LagSample, now: LagSample) -> LagState:
    if now.committed < before.committed:
        return "REWIND"
    if now.lag_s <= MAX_HEALTHY_LAG_S:
        return "OK"
    if now.committed == before.committed and before.records > 0:
        return "STOP" if now.end > before.end else "STALL"
    return "WARN"


def _drain_s(records: int, consumed: float, produced: float) -> float | None:
    if records == 0:
        return 0.0
    net = consumed - produced
    return records / net if net > 0 else None


def _loss_in_s(now: LagSample, retention_s: float | None) -> float | None:
    if now.waiting_since is None or retention_s is None:
        return None
    return retention_s - (now.at - now.waiting_since).total_seconds()
