"""`python -m services.meter price`: prices recorded provider bodies, one JSON object a line, offline."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, TextIO

from pydantic import JsonValue

from schemas.document_files import DocumentFileError, read_documents
from schemas.outcomes import TokenUsage
from schemas.prices import PriceDocument
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.adapters.own_prices import OverridingPriceBook
from services.meter.domain.pricing.types import PriceBook, PricedCall, PricingContext
from services.meter.domain.usage.bodies import ResponseUsage, read_body
from services.meter.domain.usage.context import CONTEXT_VALUE, with_precedence

PriceLine = dict[str, JsonValue]
Now = Callable[[], datetime]
MAX_NAME_CHARS = 200


class InvalidPriceLineError(ValueError):
    """An input line is invalid; the message explains what to change. Only this line is not priced."""


def main(arguments: list[str]) -> int:
    """Price standard input; returns 0 at its end, 2 where the file of prices cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m services.meter", description="Price recorded provider bodies."
    )
    commands = parser.add_subparsers(required=True)
    price = commands.add_parser(
        "price",
        help="one JSON object a line in (provider, model, at, body), "
        "one out (usage, cost_usd, status, reason)",
    )
    price.add_argument(
        "--prices",
        type=Path,
        metavar="FILE",
        help="a YAML or JSON list of price documents, which take precedence over the price list",
    )
    options = parser.parse_args(arguments)
    try:
        book = _book(options.prices)
    except DocumentFileError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return _write_answers(book, sys.stdin.buffer, sys.stdout)


def answers(book: PriceBook, lines: Iterable[bytes | str], now: Now) -> Iterator[PriceLine]:
    """Price lines one after the other; each gets one answer, an invalid one its error."""
    for line in lines:
        try:
            entry = _parsed(line)
        except InvalidPriceLineError as error:
            yield _invalid(error)
            continue
        echo: PriceLine = {"id": entry["id"]} if "id" in entry else {}
        try:
            yield echo | price_body(book, entry, now)
        except InvalidPriceLineError as error:
            yield echo | _invalid(error)


def price_body(book: PriceBook, entry: Mapping[str, JsonValue], now: Now) -> PriceLine:
    """Price one body.

    `entry` has the `body`, and what the body does not hold: `provider`, `model`, `at`, `tenant` and
    `context`.
    """
    provider, model, at = _name(entry, "provider"), _name(entry, "model"), _moment(entry.get("at"), now)
    if not isinstance(entry.get("body"), dict | list):
        raise InvalidPriceLineError("body is no object: give the provider's raw response as it came")
    response = read_body(entry["body"], provider)
    context = with_precedence(response.context, _context(entry.get("context")))
    if response.usage is None:
        return _answer(response, PricedCall(None, reason=response.reason), model)
    called_model = model or response.model
    if not called_model:
        no_model = PricedCall(None, reason="no model: neither the line nor its body names one")
        return _answer(response, no_model, model)
    call = PricingContext(_name(entry, "tenant"), provider, called_model, at, response.model, context)
    return _answer(response, book.price(call, response.usage), model)


def usage_by_class(usage: TokenUsage) -> PriceLine:
    """Return the count of each class; media classes and units only where they were used."""
    tokens: PriceLine = {
        name: getattr(usage, name)
        for name in ("input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning")
    }
    units: PriceLine = {
        name: int(amount) if amount == int(amount) else decimal_text(amount)
        for name, amount in usage.units.items()
    }
    return {**tokens, **usage.media, **units}


def decimal_text(amount: Decimal) -> str:
    """Write an amount without exponent and without trailing zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _write_answers(book: PriceBook, lines: BinaryIO, out: TextIO) -> int:
    try:
        out.writelines(
            json.dumps(answer, separators=(", ", ": ")) + "\n"
            for answer in answers(book, lines, lambda: datetime.now(UTC))
        )
        out.flush()
    except BrokenPipeError:
        # The reader has closed the pipe; flushing standard output at exit would raise again.
        sys.stdout = None
    return 0


def _answer(response: ResponseUsage, priced: PricedCall, model: str) -> PriceLine:
    usage, reported = response.usage, response.reported_cost_usd
    return {
        "status": "held" if priced.cost_usd is None else "priced",
        "cost_usd": None if priced.cost_usd is None else decimal_text(priced.cost_usd),
        "usage": None if usage is None else usage_by_class(usage),
        "model": response.model or model or None,
        "reason": priced.reason,
        "mismatch": None if usage is None else usage.mismatch,
        "price_source": priced.source,
        "price_version": priced.version,
        "unit_prices": {name: decimal_text(price) for name, price in priced.unit_prices.items()},
        "reported_cost_usd": None if reported is None else decimal_text(reported),
    }


def _invalid(error: InvalidPriceLineError) -> PriceLine:
    return {**_answer(ResponseUsage(None), PricedCall(None, reason=str(error)), ""), "status": "invalid"}


def _parsed(line: bytes | str) -> dict[str, JsonValue]:
    try:
        text = line.decode("utf-8-sig") if isinstance(line, bytes) else line
    except UnicodeDecodeError as error:
        raise InvalidPriceLineError("the line is no UTF-8") from error
    if not text.strip():
        raise InvalidPriceLineError("the line is empty: one JSON object a line")
    try:
        entry = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidPriceLineError(
            f"the line is no JSON: {error.msg} at character {error.pos + 1}"
        ) from error
    except (RecursionError, ValueError) as error:
        raise InvalidPriceLineError(
            "the line is nested too deeply, or holds a number that is too long"
        ) from error
    if not isinstance(entry, dict):
        raise InvalidPriceLineError("the line is no JSON object: give provider, model, at and body")
    return entry


def _name(entry: Mapping[str, JsonValue], field: str) -> str:
    value = entry.get(field)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_NAME_CHARS:
        raise InvalidPriceLineError(f"{field} is no name of at most {MAX_NAME_CHARS} characters")
    return value.strip()


def _moment(value: JsonValue, now: Now) -> datetime:
    if value is None:
        return now()
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
        moment = parsed and (parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise InvalidPriceLineError("at is no time: write it like 2026-11-24T12:00:00Z") from error
    if moment is None:
        raise InvalidPriceLineError("at is no text: write it like 2026-11-24T12:00:00Z")
    return moment


def _context(value: JsonValue) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidPriceLineError('context is no object: write it like {"processing": "batch"}')
    context: dict[str, str] = {}
    for name, word in value.items():
        if not isinstance(word, str) or not CONTEXT_VALUE.fullmatch(word):
            raise InvalidPriceLineError(
                'context holds something that is no word: write it like {"processing": "batch"}'
            )
        context[name] = word
    return context


def _book(path: Path | None) -> PriceBook:
    listed = GenaiPriceList()
    if path is None:
        return listed
    return OverridingPriceBook(
        {document.name: document for document in read_documents(path, PriceDocument, "prices")}, listed
    )
