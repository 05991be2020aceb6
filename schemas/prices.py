"""Own prices as documents: periods with token classes, tiers, off-peak hours and variants, in USD."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Self, cast

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, field_validator, model_validator
from typing_extensions import override

from schemas.bounds import MAX_LINES, MOST_CLASSES, Moment, PositiveCount, Price, Until, Version
from schemas.documents import Document
from schemas.values import Label, Slug, TenantName, Value

CURRENCY = "USD"
Currency = Annotated[str, StringConstraints(max_length=3, pattern=r"^[A-Z]{3}$")]


class Rates(Value):
    """Prices in USD: 0 is a price, None means `not sold`.

    Cached or reasoning tokens without a price of their own are priced as input or output.
    """

    input_usd_per_mtok: Price | None = None
    cache_read_usd_per_mtok: Price | None = Field(default=None, description="as input where it is left out")
    cache_write_usd_per_mtok: Price | None = Field(default=None, description="as input where it is left out")
    cache_write_1h_usd_per_mtok: Price | None = Field(
        default=None, description="as cache_write where it is left out"
    )
    output_usd_per_mtok: Price | None = None
    reasoning_usd_per_mtok: Price | None = Field(default=None, description="as output where it is left out")
    media_usd_per_mtok: Mapping[Slug, Price] = Field(
        default_factory=dict[str, Decimal],
        max_length=MOST_CLASSES,
        description="by media class: input_audio, output_image...",
    )
    unit_usd: Mapping[Slug, Price] = Field(
        default_factory=dict[str, Decimal],
        max_length=MOST_CLASSES,
        description="by the piece: web_searches, images...",
    )
    usd_per_second: Price | None = Field(
        default=None, description="time on our own GPUs, from the start of the call to its end"
    )


class Tier(Rates):
    """Prices of calls with more input tokens, cached ones included; classes left out are priced as below."""

    above_input_tokens: PositiveCount


class Schedule(Rates):
    """A whole set of rates; the highest tier that a call passes prices all of its tokens.

    At 3.00 and, above 200,000, 6.00 USD: 200,000 tokens cost 0.60 USD, 200,001 tokens cost 1.200006 USD.
    """

    tiers: Annotated[tuple[Tier, ...], Field(max_length=MOST_CLASSES)] = ()

    @model_validator(mode="after")
    def _has_a_price(self) -> Self:
        has_tokens = self.input_usd_per_mtok is not None and self.output_usd_per_mtok is not None
        if not has_tokens and not self.unit_usd and self.usd_per_second is None:
            msg = (
                "a price names at least input_usd_per_mtok and output_usd_per_mtok, or unit_usd, "
                "or usd_per_second (0 is a price, leaving it out is not)"
            )
            raise ValueError(msg)
        return self


class OffPeak(Schedule):
    """Prices of calls that start in these hours of the day, in UTC; `16:30` to `00:30` crosses midnight."""

    start_utc: time
    end_utc: time

    @field_validator("start_utc", "end_utc")
    @classmethod
    def _is_utc(cls, value: time) -> time:
        if value.tzinfo is not None:
            msg = "hours are in UTC: write them without an offset, such as 16:30"
            raise ValueError(msg)
        return value

    def includes(self, at: datetime) -> bool:
        """Whether a moment is within these hours; their end is excluded."""
        now = at.astimezone(UTC).time()
        if self.start_utc < self.end_utc:
            return self.start_utc <= now < self.end_utc
        return now >= self.start_utc or now < self.end_utc


class Variant(Schedule):
    """Prices of calls served under these conditions, such as `service_tier: flex` or `processing: batch`."""

    when: Mapping[Slug, Label] = Field(min_length=1, max_length=MOST_CLASSES)


class Period(Schedule):
    """Prices from one moment to another; without `valid_to` until the next period begins."""

    valid_from: Moment
    valid_to: Until | None = None
    off_peak: Annotated[tuple[OffPeak, ...], Field(max_length=MOST_CLASSES)] = ()
    variants: tuple[Variant, ...] = Field(
        default=(),
        max_length=MOST_CLASSES,
        description="they win over off-peak hours, and the one that names most over the others",
    )


FLAT = tuple(Period.model_fields)


def _with_flat_form(schema: dict[str, Any]) -> None:
    """Let the JSON Schema also accept the fields of a single period at the top level of the document."""
    moments = TypeAdapter(Moment).json_schema(), TypeAdapter(Until).json_schema()
    schema["properties"] |= Rates.model_json_schema()["properties"] | {
        "valid_from": moments[0],
        "valid_to": moments[1],
    }
    schema["required"] = [name for name in schema["required"] if name != "periods"]
    schema["anyOf"] = [{"required": ["periods"]}, {"required": ["valid_from"]}]


class PriceDocument(Document):
    """Prices that take precedence over the list, for `provider/model` or for one tenant's contract.

    A document with one period may name its rates and `valid_from` itself, without `periods`.
    """

    TYPE: ClassVar[str] = "weir.config.price.v1"
    model_config = ConfigDict(json_schema_extra=_with_flat_form)

    version: Version
    tenant: TenantName | None = None
    currency: Currency = Field(default=CURRENCY, description="USD: all is booked in it")
    periods: tuple[Period, ...] = Field(min_length=1, max_length=MAX_LINES)

    @model_validator(mode="before")
    @classmethod
    def _one_period(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        fields = dict(cast("Mapping[str, object]", value))
        flat = {name: fields.pop(name) for name in FLAT if name in fields}
        if "periods" not in fields:
            return {**fields, "periods": [flat]}
        if flat:
            fields = ", ".join(flat)
            msg = f"give either 'periods' or one period's own fields, not both: move {fields} into a period"
            raise ValueError(msg)
        return fields

    def in_force(self, at: datetime) -> tuple[Period, ...]:
        """The periods in force at a moment: one, none in a gap, or several in an overlap."""
        return _not_ended(self._begun_by(at), at)

    def spans(self, at: datetime) -> bool:
        """Whether a time is between the begin of the first and the end of the last period, gaps included."""
        begun = self._begun_by(at)
        return bool(begun) and (len(begun) < len(self.periods) or bool(_not_ended(begun, at)))

    @override
    def after(self, published: Document | None) -> Self:
        """Prepend the published periods that begin earlier, so that no past price is lost.

        A topic keeps only the newest document, but earlier calls may still have to be booked or repriced.
        """
        begin = min(period.valid_from for period in self.periods)
        earlier = [
            period
            for period in (published.periods if isinstance(published, PriceDocument) else ())
            if period.valid_from < begin
        ]
        cut = [
            period
            if period.valid_to is None or period.valid_to <= begin
            else period.model_copy(update={"valid_to": None})
            for period in earlier
        ]
        return self.model_copy(update={"periods": (*cut, *self.periods)}) if cut else self

    @override
    def problem(self) -> str | None:
        """Why the document cannot be published; if it is published anyway, its calls are held."""
        prefix, is_contract, _ = self.name.partition("/")[0].partition(":")
        if "/" not in self.name:
            return f"{self.name} names no provider, so that no call finds it: write provider/{self.name}"
        if is_contract and self.tenant not in {None, prefix}:
            return (
                f"{self.name} is the contract of '{prefix}', but its tenant is '{self.tenant}': "
                "name one tenant"
            )
        if self.currency != CURRENCY:
            return (
                f"{self.name} is in {self.currency}, but all is booked in {CURRENCY}: "
                f"convert it, and publish {CURRENCY}"
            )
        return (
            next(filter(None, (self._problem_of(period) for period in self.periods)), None)
            or self._problem_between()
        )

    def _begun_by(self, at: datetime) -> list[Period]:
        return [period for period in self.periods if period.valid_from <= at]

    def _problem_of(self, period: Period) -> str | None:
        if period.valid_to is not None and period.valid_to <= period.valid_from:
            begin, end = _utc(period.valid_from), _utc(period.valid_to)
            return (
                f"{self.name}: a period ends at {end}, but begins at {begin}: put valid_to after valid_from"
            )
        if any(hours.start_utc == hours.end_utc for hours in period.off_peak):
            begin = _utc(period.valid_from)
            return (
                f"{self.name}: off-peak hours of the period from {begin} end when they begin: "
                "give two different hours"
            )
        return None

    def _problem_between(self) -> str | None:
        ordered = sorted(self.periods, key=lambda period: period.valid_from)
        for one, following in pairwise(ordered):
            end, begin = one.valid_to or following.valid_from, following.valid_from
            if one.valid_from == begin:
                end_of_both = _utc_or_open_end(self._end_of(following))
                return (
                    f"{self.name}: two periods begin at {_utc(begin)} and overlap until {end_of_both}: "
                    "keep one of them"
                )
            if end > begin:
                return (
                    f"{self.name}: the period that ends at {_utc(end)} overlaps the one that begins at "
                    f"{_utc(begin)}: let the first end where the second begins, or leave its valid_to out"
                )
            if end < begin:
                return (
                    f"{self.name}: there is a hole, no price from {_utc(end)} to {_utc(begin)}: "
                    "let the second begin where the first ends, leave the first one's valid_to out, "
                    "or add a period"
                )
        return None

    def _end_of(self, period: Period) -> datetime | None:
        later = [one.valid_from for one in self.periods if one.valid_from > period.valid_from]
        return period.valid_to or min(later, default=None)


def _not_ended(begun: list[Period], at: datetime) -> tuple[Period, ...]:
    """The periods that have begun and not ended; a period without an end lasts until the next begins."""
    newest = max([period.valid_from for period in begun], default=None)
    return tuple(
        [
            period
            for period in begun
            if (period.valid_from == newest if period.valid_to is None else at < period.valid_to)
        ]
    )


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _utc_or_open_end(moment: datetime | None) -> str:
    return _utc(moment) if moment is not None else "further notice"
