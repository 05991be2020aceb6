"""A policy's allow-list: values and patterns that are no findings, compiled once for each policy."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import re2

from schemas.detections import PERSONAL_KINDS
from schemas.policies import AllowListEntry, PolicyDocument
from services.guard.domain.detection import Detection
from services.guard.domain.redaction import DETECTOR as KNOWN_VALUES
from services.guard.domain.text.normalization import normalise

MAX_POLICIES = 256
MEMORY_BYTES = 16 << 20
"""Of all patterns for the same kinds together, compiled."""
Kinds = frozenset[str]
PERSONAL: Kinds = frozenset(PERSONAL_KINDS)


class FullMatchPatterns:
    """Patterns (RE2, linear time) that are asked together whether one of them matches all of a text."""

    __slots__ = ("_set",)

    def __init__(self, patterns: Sequence[str]) -> None:
        """Raise ValueError for what RE2 does not take, or where all together are too large."""
        self._set = re2.Set.FullMatchSet(_options())
        try:
            for pattern in patterns:
                self._set.Add(pattern)
            self._set.Compile()
        except (re2.error, UnicodeEncodeError) as error:
            raise ValueError("RE2 does not take them, or they are too large together") from error

    def match(self, text: str) -> bool:
        """Whether one of them matches all of it."""
        try:
            return bool(self._set.Match(text))
        except UnicodeEncodeError:
            return False


@dataclass(frozen=True, slots=True)
class _SpanIndex:
    """Places by their starts, each with the furthest end so far."""

    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, ranges: Iterable[tuple[int, int]]) -> "_SpanIndex":
        found = sorted(ranges)
        return cls([start for start, _ in found], list(accumulate((end for _, end in found), max)))

    def contains(self, start: int, end: int) -> bool:
        """Whether a span lies in one of them."""
        last = bisect_right(self.starts, start) - 1
        return last >= 0 and end <= self.ends[last]


@dataclass(frozen=True, slots=True)
class AllowList:
    """What is no finding of the kinds it is allowed for: a value in any case and disguise, or a pattern that matches all of it."""

    values: Mapping[str, Kinds]
    patterns: Sequence[tuple[Kinds, FullMatchPatterns]]

    def without(self, text: str, detections: Sequence[Detection]) -> list[Detection]:
        """The detections with a span that are not allowed, nor inside an allowed one: the name in an allowed address is allowed too.

        A value that was pseudonymised in the request is never allowed.
        """
        kinds_of: dict[str, Kinds] = {}
        ranges: dict[str, list[tuple[int, int]]] = {}
        for each in detections:
            value = text[each.start : each.end]
            kinds = kinds_of[value] if value in kinds_of else kinds_of.setdefault(value, self._kinds(value))
            if each.kind in kinds:
                for kind in kinds:
                    ranges.setdefault(kind, []).append((each.start, each.end))
        allowed = {kind: _SpanIndex.of(of_kind) for kind, of_kind in ranges.items()}
        return [
            each
            for each in detections
            if each.detector == KNOWN_VALUES
            or each.kind not in allowed
            or not allowed[each.kind].contains(each.start, each.end)
        ]

    def _kinds(self, value: str) -> Kinds:
        """The kinds for which this value is allowed."""
        written = normalise(value).text.strip()
        kinds = self.values.get(written.casefold(), frozenset())
        return kinds.union(*(wanted for wanted, patterns in self.patterns if patterns.match(written)))


def without_allowed(
    policy: PolicyDocument, text: str, detections: Sequence[Detection]
) -> Sequence[Detection]:
    """The detections with a span that the policy's allow-list does not allow."""
    if not policy.allow or not detections:
        return detections
    return _compiled(_PolicyIdentity(policy)).without(text, detections)


def allow_list_entry_problem(allowed: AllowListEntry) -> str | None:
    """Why RE2 does not take its pattern; None where it does."""
    if allowed.pattern is None:
        return None
    try:
        re2.compile(allowed.pattern, _options())
    except (re2.error, UnicodeEncodeError) as error:
        return f"the pattern does not compile in RE2 ({_error_message(error)})"
    return None


def allow_list_problem(policy: PolicyDocument) -> str | None:
    """Why patterns that compile alone do not compile together."""
    for kinds, patterns in _patterns_by_kinds(policy).items():
        try:
            FullMatchPatterns(patterns)
        except ValueError:
            return f"{len(patterns)} patterns for {', '.join(sorted(kinds))} are too large together: join or shorten them"
    return None


@dataclass(frozen=True, slots=True, eq=False)
class _PolicyIdentity:
    """A policy by identity: documents never change, and comparing a long one costs more than compiling a short one."""

    policy: PolicyDocument

    def __hash__(self) -> int:
        return id(self.policy)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _PolicyIdentity) and self.policy is other.policy


@lru_cache(maxsize=MAX_POLICIES)
def _compiled(same: _PolicyIdentity) -> AllowList:
    """What does not compile allows nothing: such a list can only come from somebody who writes the topic by hand."""
    values: dict[str, Kinds] = {}
    for one in same.policy.allow:
        if one.value is not None:
            value = normalise(one.value).text.strip().casefold()
            values[value] = values.get(value, frozenset()) | _kinds_of(one)
    patterns: list[tuple[Kinds, FullMatchPatterns]] = []
    for kinds, sources in _patterns_by_kinds(same.policy).items():
        try:
            patterns.append((kinds, FullMatchPatterns(sources)))
        except ValueError:
            continue
    return AllowList(values, tuple(patterns))


def _patterns_by_kinds(policy: PolicyDocument) -> Mapping[Kinds, Sequence[str]]:
    """Those that compile alone."""
    found: dict[Kinds, list[str]] = {}
    for one in policy.allow:
        if one.pattern is not None and allow_list_entry_problem(one) is None:
            found.setdefault(_kinds_of(one), []).append(one.pattern)
    return found


def _kinds_of(one: AllowListEntry) -> Kinds:
    return frozenset(one.kinds) or PERSONAL


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY_BYTES
    return options


def _error_message(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else type(error).__name__
