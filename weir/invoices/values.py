"""Amounts, counts and days as invoices write them: signs of currency, thousands, decimal commas, credits, dates of many forms."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Literal

Separator = Literal[".", ","]
DateOrder = Literal["mdy", "dmy"]
Cell = tuple[int, str]
"""A line's number, and the text that stands there."""

GAPS = str.maketrans("", "", " \u00a0\u202f'\u2019_")
MINUS = str.maketrans("\u2212\u2013", "--")
USD = re.compile(r"US\$|\$|USD", re.IGNORECASE)
NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<mantissa>[0-9.,]*[0-9][0-9.,]*)(?P<exponent>[eE][+-]?[0-9]{1,3})?")
GROUPED = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{3})+")
GROUP = 3
MAX_DIGITS = 38
MAX_COUNT = 10**18
SECONDS, MILLISECONDS = 10, 13
ZONE_WORDS = re.compile(r"\s*(?:UTC|GMT|Z)$", re.IGNORECASE)
PARTS = re.compile(
    r"(?P<first>[0-9]{1,2})(?P<sign>[/.-])(?P<second>[0-9]{1,2})[/.-](?P<year>[0-9]{4})(?P<rest>(?:[ T,].*)?)"
)
WORDS = (
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%B %d %Y",
    "%d %b %Y",
    "%d %B %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%a %b %d %Y",
)
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
MONTHS = 12


class UnreadableCellError(ValueError):
    """A cell cannot be read; the message quotes it."""


def decimal_sign(cells: Iterable[Cell], default: Separator) -> Separator:
    """Which sign stands before the decimals of a whole column, since one cell alone (1,234) may not tell; raises where two cells disagree."""
    seen: dict[Separator, Cell] = {}
    for number, text in cells:
        found = _sign_of(text)
        if found is not None:
            seen.setdefault(found, (number, text))
    if len(seen) > 1:
        point, comma = seen["."], seen[","]
        msg = f"line {point[0]} ('{point[1]}') has a decimal point and line {comma[0]} ('{comma[1]}') a decimal comma: give --decimal point or comma"
        raise UnreadableCellError(msg)
    for sign in seen:
        return sign
    return default


def amount(text: str, decimal: Separator) -> Decimal:
    """An amount of USD; (1.20), 1.20- and -1.20 are credits."""
    plain = USD.sub("", text).translate(GAPS).translate(MINUS)
    is_credit = plain.startswith("(") and plain.endswith(")")
    plain = plain.strip("()") if is_credit else plain
    if plain.endswith("-"):
        is_credit, plain = True, plain[:-1]
    found = NUMBER.fullmatch(plain)
    if found is None:
        msg = f"'{text}' is no amount of USD"
        raise UnreadableCellError(msg)
    mantissa = found["mantissa"].replace("," if decimal == "." else ".", "").replace(decimal, ".")
    if mantissa.count(".") > 1 or len(mantissa) > MAX_DIGITS:
        msg = f"'{text}' is no amount of USD with a decimal {'point' if decimal == '.' else 'comma'}"
        raise UnreadableCellError(msg)
    value = Decimal(f"{found['sign']}{mantissa}{found['exponent'] or ''}")
    return -value if is_credit else value


def count(text: str) -> int:
    """A count from 0 on; thousands may be set apart by any sign, and 12.0 is 12."""
    plain = text.translate(GAPS)
    if GROUPED.fullmatch(plain):
        plain = re.sub(r"[.,]", "", plain)
    found = NUMBER.fullmatch(plain)
    value = Decimal(plain) if found is not None and "," not in plain and plain.count(".") <= 1 else None
    if value is None or value < 0 or value > MAX_COUNT or value != int(value):
        msg = f"'{text}' is no count of tokens"
        raise UnreadableCellError(msg)
    return int(value)


def date_order(cells: Iterable[Cell], given: DateOrder | None) -> DateOrder | None:
    """Whether 03/04/2026 of a whole column is the third or the fourth; None where no such date stands there, raises where none tells."""
    if given is not None:
        return given
    open_: Cell | None = None
    for number, text in cells:
        found = PARTS.fullmatch(text.strip())
        if found is None or found["sign"] == ".":
            continue
        if int(found["first"]) > MONTHS:
            return "dmy"
        if int(found["second"]) > MONTHS:
            return "mdy"
        open_ = open_ or (number, text)
    if open_ is None:
        return None
    msg = f"line {open_[0]}: '{open_[1]}' may begin with its day or its month: give --date-order dmy or mdy"
    raise UnreadableCellError(msg)


def utc_day(text: str, order: DateOrder | None, zone: tzinfo) -> date:
    """The UTC day of a date or time; a time without an offset is one of `zone`, a bare date is taken as it stands."""
    plain = text.strip()
    if plain.isascii() and plain.isdigit() and len(plain) in {SECONDS, MILLISECONDS}:
        return datetime.fromtimestamp(int(plain[:SECONDS]), UTC).date()
    moment = _moment(plain, order)
    if moment is None and ZONE_WORDS.search(plain):
        moment, zone = _moment(ZONE_WORDS.sub("", plain), order), UTC
    if moment is None:
        msg = f"'{text}' is no date"
        raise UnreadableCellError(msg)
    if not isinstance(moment, datetime):
        return moment
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).date()


def _sign_of(text: str) -> Separator | None:
    found = NUMBER.fullmatch(USD.sub("", text).translate(GAPS).translate(MINUS).strip("()-"))
    if found is None:
        return None
    mantissa = found["mantissa"]
    points, commas = mantissa.count("."), mantissa.count(",")
    if points and commas:
        return "." if mantissa.rfind(".") > mantissa.rfind(",") else ","
    if points + commas == 0:
        return None
    sign: Separator = "." if points else ","
    other: Separator = "," if points else "."
    if points + commas > 1:
        return other
    whole, _, rest = mantissa.partition(sign)
    is_open = (
        len(rest) == GROUP and 0 < len(whole) <= GROUP and not whole.startswith("0") and not found["exponent"]
    )
    return None if is_open else sign


def _moment(text: str, order: DateOrder | None) -> date | datetime | None:
    plain = text
    found = PARTS.fullmatch(text)
    if found is not None:
        is_day_first = found["sign"] == "." or order == "dmy"
        day, month = (found["first"], found["second"]) if is_day_first else (found["second"], found["first"])
        plain = f"{found['year']}-{month:0>2}-{day:0>2}{found['rest'].replace(',', '')}"
    plain = re.sub(r"^(\d{4})/(\d{1,2})/(\d{1,2})", lambda one: f"{one[1]}-{one[2]:0>2}-{one[3]:0>2}", plain)
    try:
        return date.fromisoformat(plain) if len(plain) <= SECONDS else datetime.fromisoformat(plain)
    except ValueError:
        return _in_words(plain, [word + clock for word in (*WORDS, "%Y-%m-%d") for clock in CLOCKS])


def _in_words(text: str, forms: Sequence[str]) -> date | datetime | None:
    for form in forms:
        try:
            moment = datetime.strptime(text, form)  # noqa: DTZ007 - its zone is the caller's
        except ValueError:
            continue
        return moment if "%H" in form or "%I" in form else moment.date()
    return None
