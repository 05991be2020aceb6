"""A windowed search gives the same matches as one search, and no pattern extends beyond its windows."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from re import _parser  # pyright: ignore[reportAttributeAccessIssue] - only Python's parser gives the width of a pattern
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.guard_worst_texts import FAMILIES
from services.guard import domain
from services.guard.domain import origins
from services.guard.domain.pii import (
    addresses,
    banking,
    cased_script_names,
    crypto,
    devices,
    east_asian_names,
    foreign_names,
    identity_documents,
    internet,
    name_cues,
    payment,
    phones,
    regional_addresses,
    spaced_script_names,
)
from services.guard.domain.secrets import (
    commands,
    generic,
    known_formats,
    private_keys,
)
from services.guard.domain.text.windowed_search import MAX_REACH_CHARS, WINDOW_CHARS, matches

PARSER: Any = _parser
PATTERN_MODULES = (
    addresses,
    banking,
    cased_script_names,
    commands,
    crypto,
    devices,
    foreign_names,
    generic,
    identity_documents,
    internet,
    name_cues,
    origins,
    payment,
    phones,
    private_keys,
    spaced_script_names,
)
BY_REACH: dict[int, list[re.Pattern[str]]] = {
    MAX_REACH_CHARS: [
        payment.IBAN_START,
        addresses.SPACE_AND_DIGIT,
        addresses.POST_BOX,
        addresses.MILITARY_ADDRESS,
        addresses.NAMED_POSTCODE,
        *addresses.STREET_PATTERNS,
        generic.RANDOM,
        *(pattern for _, pattern in commands.ARGUMENTS),
        *(pattern for _, pattern in commands.JUDGED),
        *regional_addresses.PATTERNS,
        commands.BASIC,
        commands.PGPASS,
        commands.USER,
        banking.ABA,
        banking.BIC,
        banking.SORT_CODE,
        banking.ACCOUNT,
        banking.RUSSIAN_ACCOUNT,
        name_cues.INTRODUCED_NAME,
        name_cues.TITLED_NAME,
        name_cues.ADDRESSED_NAME,
        cased_script_names.RUN,
        cased_script_names.NAME_WORD,
        spaced_script_names.NAME_WORD,
        foreign_names.NAME_WORD,
        foreign_names.VIETNAMESE,
        *east_asian_names.CHINESE,
        *east_asian_names.JAPANESE,
        *east_asian_names.KOREAN,
        private_keys.MARKER,
        devices.IMEI,
        devices.VIN,
        devices.MAC,
        origins.TAG,
        identity_documents.MRZ,
        identity_documents.PASSPORT,
        identity_documents.LICENCE,
        identity_documents.BIRTH_DATE,
        phones.INTERNATIONAL,
        phones.NATIONAL,
        internet.EMAIL,
        internet.IPV6,
        crypto.BASE58_ADDRESS,
        crypto.BECH32_ADDRESS,
        crypto.ETHEREUM_ADDRESS,
    ],
    commands.MAX_VALUE_CHARS: [commands.AUTHORIZATION],
    private_keys.MAX_MEMBER_CHARS: [private_keys.JWK, private_keys.XML],
    known_formats.MAX_KEY_CHARS: [pattern for _, pattern in known_formats.PATTERNS],
}
PATTERNS = [(pattern, reach) for reach, patterns in BY_REACH.items() for pattern in patterns]


def look_ahead_widths(parsed: Any) -> Iterator[int]:
    """The greatest width of each look-ahead of a parsed pattern."""
    for operator, argument in parsed:
        for part in _parts(argument):
            if str(operator) in {"ASSERT", "ASSERT_NOT"} and argument[0] == 1:
                yield part.getwidth()[1]
            yield from look_ahead_widths(part)


def _parts(argument: Any) -> Iterator[Any]:
    if isinstance(argument, PARSER.SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from _parts(part)


@pytest.mark.parametrize(("pattern", "reach"), PATTERNS)
def test_no_pattern_extends_beyond_its_window(pattern: re.Pattern[str], reach: int) -> None:
    parsed = PARSER.parse(pattern.pattern, pattern.flags)

    assert parsed.getwidth()[0] > 0
    assert parsed.getwidth()[1] + max(look_ahead_widths(parsed), default=0) < reach


def test_every_pattern_that_is_searched_in_windows_is_checked_here() -> None:
    searched = set[str]()
    for module in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}."):
        text = inspect.getsource(importlib.import_module(module.name))
        searched |= set(re.findall(r"\bmatches\(([A-Z]\w+), ", text))

    constants = [(name, value) for module in PATTERN_MODULES for name, value in vars(module).items()]
    checked = {pattern for pattern, _ in PATTERNS}

    assert searched
    assert searched <= {name for name, _ in constants}
    assert all(
        value in checked for name, value in constants if name in searched and isinstance(value, re.Pattern)
    )


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(FAMILIES)),
    st.sampled_from(sorted(FAMILIES)),
    st.integers(0, 3 * WINDOW_CHARS),
    st.sampled_from(PATTERNS),
)
def test_a_windowed_search_finds_what_one_search_finds(
    family: str, other_family: str, cut: int, pattern_and_reach: tuple[re.Pattern[str], int]
) -> None:
    pattern, reach = pattern_and_reach
    text = FAMILIES[family](cut) + FAMILIES[other_family](4 * WINDOW_CHARS - cut) + FAMILIES[family](cut)

    windowed = [match.span() for match in matches(pattern, text, reach)]

    assert windowed == [match.span() for match in pattern.finditer(text)]
