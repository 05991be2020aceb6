"""The bounds of every public number, date, text and collection; what exceeds them is refused by name.

A bound of a number fits the column that stores it and every reader of JSON. Bounds of texts and collections
that services write themselves are far beyond what they write; they only keep the stream readable.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, cast

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, WithJsonSchema

INT64 = 2**63 - 1
MAX_COUNT = 2**53 - 1
"""The largest whole number that every reader of JSON keeps exact."""
MAX_TOKENS = 10**12
MAX_PARTITION = 2**16 - 1

Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]
PositiveCount = Annotated[int, Field(ge=1, le=MAX_COUNT)]
Tokens = Annotated[int, Field(ge=0, le=MAX_TOKENS)]
"""Tokens of one call."""
SmallCount = Annotated[int, Field(ge=0, le=2**16 - 1)]
MAX_ORDINAL = 2**16 - 1
Ordinal = Annotated[int, Field(ge=1, le=MAX_ORDINAL)]
Occurrences = Annotated[int, Field(ge=0, le=2**32 - 1)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
Seed = Annotated[int, Field(ge=-(2**63), le=INT64)]
Offset = Annotated[int, Field(ge=0, le=INT64)]
Partition = Annotated[int, Field(ge=0, le=MAX_PARTITION)]

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Figure = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]
MAX_WAIT_SECONDS = 366 * 86_400.0
Seconds = Annotated[float, Field(ge=0.0, le=MAX_WAIT_SECONDS, allow_inf_nan=False)]

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""Seven years before ClickHouse's DateTime ends: rows are kept for 400 days after it."""
Moment = Annotated[
    AwareDatetime,
    Field(
        ge=EARLIEST,
        lt=LATEST,
        json_schema_extra={
            "maxLength": 64,
            "formatMinimum": "1970-01-01T00:00:00Z",
            "formatExclusiveMaximum": "2100-01-01T00:00:00Z",
        },
    ),
]

LAST = LATEST - timedelta(microseconds=1)


def later(at: datetime, span: timedelta) -> datetime:
    """`at` plus `span`, but not after the last time that an event may contain."""
    return at + min(span, LAST - at)


Until = Annotated[
    AwareDatetime,
    Field(
        ge=EARLIEST,
        le=datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        json_schema_extra={
            "maxLength": 64,
            "formatMinimum": "1970-01-01T00:00:00Z",
            "formatMaximum": "9999-12-31T23:59:59.999999Z",
        },
    ),
]
"""An end that may mean `for ever`; it is compared, and never counted with or stored."""

MOST_DECIMALS, MOST_DIGITS = 12, 38
WHOLE_DIGITS = MOST_DIGITS - MOST_DECIMALS
ZERO = Decimal(0)


def _plain_zero(amount: Decimal) -> Decimal:
    """Write a zero without an exponent: `0E+400` is within all bounds, but has 400 digits if expanded."""
    return ZERO if amount == 0 and abs(cast("int", amount.as_tuple().exponent)) > MOST_DIGITS else amount


def decimal_schema(lowest: int, highest: int) -> dict[str, Any]:
    """The JSON Schema of a decimal number, which is written as a text."""
    text = {"type": "string", "maxLength": 512, "pattern": r"^[+-]?[0-9]*\.?[0-9]*([eE][+-]?[0-9]{1,4})?$"}
    return {"anyOf": [{"type": "number", "minimum": lowest, "maximum": highest}, text]}


_LARGEST_USD, _LARGEST_SUM, _MOST_PIECES = 10**WHOLE_DIGITS, 10**36, 10**18

Money = Annotated[
    Decimal,
    Field(
        allow_inf_nan=False,
        ge=-_LARGEST_USD,
        le=_LARGEST_USD,
        max_digits=MOST_DIGITS,
        decimal_places=MOST_DECIMALS,
    ),
    AfterValidator(_plain_zero),
    WithJsonSchema(decimal_schema(-_LARGEST_USD, _LARGEST_USD)),
]
Price = Annotated[
    Decimal,
    Field(allow_inf_nan=False, ge=0, le=_LARGEST_USD, max_digits=MOST_DIGITS, decimal_places=MOST_DECIMALS),
    AfterValidator(_plain_zero),
    WithJsonSchema(decimal_schema(0, _LARGEST_USD)),
]
"""Money that is never negative."""
Amount = Annotated[
    Decimal,
    Field(allow_inf_nan=False, ge=-_LARGEST_SUM, le=_LARGEST_SUM, max_digits=400, decimal_places=360),
    AfterValidator(_plain_zero),
    WithJsonSchema(decimal_schema(-_LARGEST_SUM, _LARGEST_SUM)),
]
"""A sum of many amounts, in the unit of its limit."""
Quantity = Annotated[
    Decimal,
    Field(allow_inf_nan=False, ge=0, le=_MOST_PIECES, max_digits=400, decimal_places=360),
    AfterValidator(_plain_zero),
    WithJsonSchema(decimal_schema(0, _MOST_PIECES)),
]
"""What need not be whole: seconds, pages, milliseconds."""

MAX_TEXT_CHARS = 8 * 1024 * 1024
"""No text is longer than a record is large."""
Word = Annotated[str, StringConstraints(max_length=256)]
"""A code, a kind or a name that somebody else made up."""
Explanation = Annotated[str, StringConstraints(max_length=262_144)]
"""A sentence of ours about an event, the names that it lists included."""
Body = Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS)]
"""A text as a whole, or what is sealed in one."""
VariableName = Annotated[str, StringConstraints(max_length=200)]
Digest = Annotated[str, StringConstraints(max_length=128)]

MAX_EVENT_TAGS = 32
MAX_EVENT_MESSAGES = 2_000
MAX_INNER_MESSAGES = 10_000
"""Of an event of ours: the caller's, those of a prompt, and what the guard adds."""
MOST_VARIABLES = 1_000
MOST_ATTEMPTS = 2_000
"""Ten calls of each candidate of the longest route, and those of processes that crashed."""
MAX_CANDIDATES = 100
MOST_LIMITS = 100
MOST_LABELS = 100
MAX_LINES = 10_000
"""Findings, rules, versions, periods, names: lists that people or services of ours write."""
MOST_CLASSES = 256
MOST_SNAPSHOTS = 100_000
"""Kinds of tokens, pieces or prices of one call."""
