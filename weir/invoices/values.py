"""Parses the amounts, counts and dates of invoices, in the formats that spreadsheets write."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Literal

DecimalSign = Literal[".", ","]
DateOrder = Literal["mdy", "dmy"]
Cell = tuple[int, str]
"""The number of a line, and the text of its cell."""

GROUPING_CHARACTERS = str.maketrans("", "", " \u00a0\u202f'\u2019_")
MINUS_SIGNS = str.maketrans("\u2212\u2013", "--")
USD = re.compile(r"US\$|\$|USD", re.IGNORECASE)
NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<mantissa>[0-9.,]*[0-9][0-9.,]*)(?P<exponent>[eE][+-]?[0-9]{1,3})?")
GROUPED = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{3})+")
DIGITS_PER_GROUP = 3
MAX_DIGITS = 38
MAX_COUNT = 10**18
EPOCH_S_DIGITS, EPOCH_MS_DIGITS = 10, 13
ISO_DATE_CHARS = 10
YEAR_FIRST_DATE = re.compile(r"^(\d{4})/(\d{1,2})/(\d{1,2})")
UTC_SUFFIX = re.compile(r"\s*(?:UTC|GMT|Z)$", re.IGNORECASE)
NUMERIC_DATE = re.compile(
    r"(?P<first>[0-9]{1,2})(?P<sign>[/.-])(?P<second>[0-9]{1,2})[/.-](?P<year>[0-9]{4})(?P<rest>(?:[ T,].*)?)"
)
DATE_FORMATS = (
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
TIME_FORMATS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
MAX_MONTH = 12


class UnreadableCellError(ValueError):
    """A cell cannot be read; the message quotes it."""


def detect_decimal_sign(cells: Iterable[Cell], default: DecimalSign) -> DecimalSign:
    """The decimal sign of a column, `default` if no cell proves one: a single cell (1,234) may be ambiguous.

    Raises UnreadableCellError if two cells have different signs.
    """
    seen: dict[DecimalSign, Cell] = {}
    for number, text in cells:
        sign = _decimal_sign_of(text)
        if sign is not None:
            seen.setdefault(sign, (number, text))
    if len(seen) > 1:
        point, comma = seen["."], seen[","]
        msg = (
            f"line {point[0]} ('{point[1]}') has a decimal point and line {comma[0]} ('{comma[1]}') "
            "a decimal comma: give --decimal point or comma"
        )
        raise UnreadableCellError(msg)
    for sign in seen:
        return sign
    return default


def parse_amount(text: str, decimal: DecimalSign) -> Decimal:
    """Parse an amount of USD; (1.20), 1.20- and -1.20 are credits. Raises UnreadableCellError."""
    plain = _without_symbols(text)
    is_credit = plain.startswith("(") and plain.endswith(")")
    plain = plain.strip("()") if is_credit else plain
    if plain.endswith("-"):
        is_credit, plain = True, plain[:-1]
    match = NUMBER.fullmatch(plain)
    if match is None:
        msg = f"'{text}' is no amount of USD"
        raise UnreadableCellError(msg)
    mantissa = match["mantissa"].replace("," if decimal == "." else ".", "").replace(decimal, ".")
    if mantissa.count(".") > 1 or len(mantissa) > MAX_DIGITS:
        msg = f"'{text}' is no amount of USD with a decimal {'point' if decimal == '.' else 'comma'}"
        raise UnreadableCellError(msg)
    value = Decimal(f"{match['sign']}{mantissa}{match['exponent'] or ''}")
    return -value if is_credit else value


def parse_count(text: str) -> int:
    """Parse a count from 0 on; any sign may group thousands, and 12.0 is 12. Raises UnreadableCellError."""
    plain = text.translate(GROUPING_CHARACTERS)
    if GROUPED.fullmatch(plain):
        plain = re.sub(r"[.,]", "", plain)
    is_number = NUMBER.fullmatch(plain) is not None
    value = Decimal(plain) if is_number and "," not in plain and plain.count(".") <= 1 else None
    if value is None or value < 0 or value > MAX_COUNT or value != int(value):
        msg = f"'{text}' is no count of tokens"
        raise UnreadableCellError(msg)
    return int(value)


def detect_date_order(cells: Iterable[Cell], given: DateOrder | None) -> DateOrder | None:
    """Whether dates such as 03/04/2026 begin with the day or the month; None if the column has no such date.

    A given order takes precedence; raises UnreadableCellError if all such dates are ambiguous.
    """
    if given is not None:
        return given
    ambiguous: Cell | None = None
    for number, text in cells:
        match = NUMERIC_DATE.fullmatch(text.strip())
        if match is None or match["sign"] == ".":
            continue
        if int(match["first"]) > MAX_MONTH:
            return "dmy"
        if int(match["second"]) > MAX_MONTH:
            return "mdy"
        ambiguous = ambiguous or (number, text)
    if ambiguous is None:
        return None
    number, text = ambiguous
    msg = f"line {number}: '{text}' may begin with its day or its month: give --date-order dmy or mdy"
    raise UnreadableCellError(msg)


def parse_utc_day(text: str, order: DateOrder | None, zone: tzinfo) -> date:
    """Parse a date or time to a UTC day; a time without an offset is in `zone`, a bare date is kept."""
    plain = text.strip()
    if plain.isascii() and plain.isdigit() and len(plain) in {EPOCH_S_DIGITS, EPOCH_MS_DIGITS}:
        return datetime.fromtimestamp(int(plain[:EPOCH_S_DIGITS]), UTC).date()
    moment = _parse_moment(plain, order)
    if moment is None and UTC_SUFFIX.search(plain):
        moment, zone = _parse_moment(UTC_SUFFIX.sub("", plain), order), UTC
    if moment is None:
        msg = f"'{text}' is no date"
        raise UnreadableCellError(msg)
    if not isinstance(moment, datetime):
        return moment
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).date()


def _decimal_sign_of(text: str) -> DecimalSign | None:
    """The decimal sign of a cell; None without a sign, or with one that may group thousands (1,234)."""
    match = NUMBER.fullmatch(_without_symbols(text).strip("()-"))
    if match is None:
        return None
    mantissa = match["mantissa"]
    points, commas = mantissa.count("."), mantissa.count(",")
    if points + commas == 0:
        return None
    if points and commas:
        return "." if mantissa.rfind(".") > mantissa.rfind(",") else ","
    sign: DecimalSign = "." if points else ","
    other: DecimalSign = "," if points else "."
    if points + commas > 1:
        return other
    return None if _may_be_thousands(match, sign) else sign


def _may_be_thousands(number: re.Match[str], sign: DecimalSign) -> bool:
    whole, _, rest = number["mantissa"].partition(sign)
    is_group = len(rest) == DIGITS_PER_GROUP and 0 < len(whole) <= DIGITS_PER_GROUP
    return is_group and not whole.startswith("0") and not number["exponent"]


def _without_symbols(text: str) -> str:
    """The text without currency and grouping characters, and with ASCII minus signs."""
    return USD.sub("", text).translate(GROUPING_CHARACTERS).translate(MINUS_SIGNS)


def _parse_moment(text: str, order: DateOrder | None) -> date | datetime | None:
    plain = text
    match = NUMERIC_DATE.fullmatch(text)
    if match is not None:
        is_day_first = match["sign"] == "." or order == "dmy"
        day, month = (match["first"], match["second"]) if is_day_first else (match["second"], match["first"])
        plain = f"{match['year']}-{month:0>2}-{day:0>2}{match['rest'].replace(',', '')}"
    plain = YEAR_FIRST_DATE.sub(lambda date_: f"{date_[1]}-{date_[2]:0>2}-{date_[3]:0>2}", plain)
    try:
        return date.fromisoformat(plain) if len(plain) <= ISO_DATE_CHARS else datetime.fromisoformat(plain)
    except ValueError:
        return _parse_by_formats(
            plain, [date_ + time for date_ in (*DATE_FORMATS, "%Y-%m-%d") for time in TIME_FORMATS]
        )


def _parse_by_formats(text: str, formats: Sequence[str]) -> date | datetime | None:
    for format_ in formats:
        try:
            moment = datetime.strptime(text, format_)  # noqa: DTZ007 - its zone is the caller's
        except ValueError:
            continue
        return moment if "%H" in format_ or "%I" in format_ else moment.date()
    return None
