"""Accounts as JSON text and back: one piece for each few hundred entries, so that no piece outgrows a record."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from schemas.requests import RequestFacts, Reservation
from schemas.verdicts import Verdict
from services.meter.domain.account import Account, FirstRequest, Hold, OpenRequest

ENTRIES = 400
MOMENTS = ("closed", "booked", "settled_late")
T = TypeVar("T")


def dump_account(name: str, account: Account, watermark: datetime | None) -> Iterator[str]:
    """The account as pieces of JSON text; the first holds its sums."""
    sums = {kind: {period: str(amount) for period, amount in getattr(account, kind).items()} for kind in ("captured", "reserved")}
    yield _piece(name, watermark, sums=sums)
    for part in _parts(sorted(account.open.items())):
        yield _piece(name, watermark, open=[_open_fields(entry) for _, entry in part])
    for part in _parts(sorted(account.holds.items())):
        yield _piece(name, watermark, holds={str(key): [hold.period, str(hold.amount_usd), hold.since] for key, hold in part})
    for kind in MOMENTS:
        for part in _parts(sorted(getattr(account, kind).items())):
            yield _piece(name, watermark, **{kind: {str(key): at for key, at in part}})
    for part in _parts(sorted(account.requests.items())):
        yield _piece(name, watermark, requests={key: [str(first.record_id), first.content_digest, first.received_at] for key, first in part})
    for part in _parts(sorted(account.admissions.items())):
        yield _piece(name, watermark, admissions={str(key): at for key, at in part})


def load_account(piece: str, account_of: Callable[[str], Account]) -> datetime | None:
    """Put a piece into its account; returns the watermark."""
    fields: dict[str, Any] = orjson.loads(piece)
    account = account_of(fields["tenant"])
    for kind, amounts in fields.get("sums", {}).items():
        getattr(account, kind).update({period: Decimal(amount) for period, amount in amounts.items()})
    for entry in fields.get("open", ()):
        loaded = OpenRequest(
            request=RequestFacts.model_validate(entry["request"]),
            verdict=Verdict.model_validate(entry["verdict"]),
            reservation=Reservation.model_validate(entry["reservation"]),
            admitted_at=_moment(entry["admitted_at"]),
            expires_at=_moment(entry["expires_at"]),
        )
        account.open[loaded.request.record_id] = loaded
    for key, (period, amount, since) in fields.get("holds", {}).items():
        account.holds[UUID(key)] = Hold(period, Decimal(amount), _moment(since))
    for kind in MOMENTS:
        getattr(account, kind).update({UUID(key): _moment(at) for key, at in fields.get(kind, {}).items()})
    for key, (record_id, digest, received_at) in fields.get("requests", {}).items():
        account.requests[key] = FirstRequest(UUID(record_id), digest, _moment(received_at))
    account.admissions.update({UUID(key): at for key, at in fields.get("admissions", {}).items()})
    account.admitted = sorted(account.admissions.values())
    return _moment(fields["watermark"]) if fields["watermark"] else None


def _piece(name: str, watermark: datetime | None, **fields: object) -> str:
    return orjson.dumps({"tenant": name, "watermark": watermark, **fields}).decode()


def _open_fields(entry: OpenRequest) -> Mapping[str, object]:
    return {
        "request": entry.request.model_dump(mode="json", exclude_none=True),
        "verdict": entry.verdict.model_dump(mode="json", exclude_none=True),
        "reservation": entry.reservation.model_dump(mode="json", exclude_none=True),
        "admitted_at": entry.admitted_at,
        "expires_at": entry.expires_at,
    }


def _parts(entries: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(entries)
    while part := list(islice(iterator, ENTRIES)):
        yield part


_MOMENT: TypeAdapter[datetime] = TypeAdapter(datetime)


def _moment(text: str) -> datetime:
    return _MOMENT.validate_python(text)
