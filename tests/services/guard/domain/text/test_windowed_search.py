"""A long text that is searched in windows gives the same matches, and no pattern reaches further than its windows see."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from re import _parser  # pyright: ignore[reportAttributeAccessIssue] - only Python's own parser knows how far a pattern reaches
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
    crypto,
    devices,
    identity_documents,
    name_cues,
    payment,
    phones,
    registry,
)
from services.guard.domain.secrets import generic, known_formats
from services.guard.domain.text.windowed_search import REACH, WINDOW, matches

PARSER: Any = _parser
BY_REACH: dict[int, list[re.Pattern[str]]] = {
    REACH: [
        payment.IBAN_START,
        addresses.FIGURE_BEHIND,
        addresses.BOX,
        addresses.MILITARY,
        addresses.POSTCODE_NAMED,
        *addresses.STREETS,
        generic.ASSIGNMENT,
        generic.RANDOM,
        banking.ABA,
        banking.BIC,
        banking.SORT_CODE,
        banking.ACCOUNT,
        name_cues.OWN,
        name_cues.TITLED,
        name_cues.TOLD,
        devices.IMEI,
        devices.VIN,
        devices.MAC,
        origins.TAG,
        identity_documents.MRZ,
        identity_documents.PASSPORT,
        identity_documents.LICENCE,
        identity_documents.BIRTH,
        phones.INTERNATIONAL,
        phones.NATIONAL,
        registry.EMAIL,
        registry.IPV6,
        crypto.OLD,
        crypto.SEGWIT,
        crypto.ETHEREUM,
    ],
    known_formats.REACH: [shape for _, shape in known_formats.SHAPES],
}
SHAPES = [(shape, reach) for reach, shapes in BY_REACH.items() for shape in shapes]


def looks_ahead(parsed: Any) -> Iterator[int]:
    """How far each look-ahead of a parsed pattern reaches."""
    for name, argument in parsed:
        for part in _parts(argument):
            if str(name) in {"ASSERT", "ASSERT_NOT"} and argument[0] == 1:
                yield part.getwidth()[1]
            yield from looks_ahead(part)


def _parts(argument: Any) -> Iterator[Any]:
    if isinstance(argument, PARSER.SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from _parts(part)


@pytest.mark.parametrize(("shape", "reach"), SHAPES)
def test_no_pattern_reaches_further_than_a_window_sees(shape: re.Pattern[str], reach: int) -> None:
    parsed = PARSER.parse(shape.pattern, shape.flags)
    assert parsed.getwidth()[0] > 0
    assert parsed.getwidth()[1] + max(looks_ahead(parsed), default=0) < reach


def test_every_pattern_that_is_searched_in_windows_is_looked_at_here() -> None:
    searched = set[str]()
    for module in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}."):
        text = inspect.getsource(importlib.import_module(module.name))
        searched |= set(re.findall(r"\bmatches\(([A-Z]\w+), ", text))
    known = {
        name
        for module in (
            payment,
            addresses,
            generic,
            banking,
            name_cues,
            devices,
            origins,
            identity_documents,
            phones,
            crypto,
        )
        for name in vars(module)
    }
    listed = {shape for shape, _ in SHAPES}
    modules = (
        payment,
        addresses,
        generic,
        banking,
        name_cues,
        devices,
        origins,
        identity_documents,
        phones,
        crypto,
    )
    assert searched
    assert searched <= known
    assert all(
        getattr(module, name) in listed
        for name in searched
        for module in modules
        if isinstance(getattr(module, name, None), re.Pattern)
    )


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(FAMILIES)),
    st.sampled_from(sorted(FAMILIES)),
    st.integers(0, 3 * WINDOW),
    st.sampled_from(SHAPES),
)
def test_windows_find_what_one_search_finds(
    one: str, other: str, cut: int, searched: tuple[re.Pattern[str], int]
) -> None:
    shape, reach = searched
    text = FAMILIES[one](cut) + FAMILIES[other](4 * WINDOW - cut) + FAMILIES[one](cut)
    assert [match.span() for match in matches(shape, text, reach)] == [
        match.span() for match in shape.finditer(text)
    ]
