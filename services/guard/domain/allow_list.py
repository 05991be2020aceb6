"""A policy's allow-list of values and patterns that are not findings, compiled once for each policy."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import re2

from schemas.detections import PERSONAL_KINDS
from schemas.policies import AllowListEntry, PolicyDocument
from services.guard.domain.detection import Detection
from services.guard.domain.pii.decoded_text import decode_in_place
from services.guard.domain.redaction import DETECTOR as KNOWN_VALUES
from services.guard.domain.text.normalization import normalise

MAX_POLICIES = 256
MEMORY_BYTES = 16 << 20
"""Of all compiled patterns for the same kinds together."""
Kinds = frozenset[str]
PERSONAL: Kinds = frozenset(PERSONAL_KINDS)


class FullMatchPatterns:
    """Patterns of which one must match the whole of a text, tried together in linear time (RE2)."""

    __slots__ = ("_set",)

    def __init__(self, patterns: Sequence[str]) -> None:
        """Raise ValueError for a pattern that RE2 does not support, or if all together are too large."""
        self._set = re2.Set.FullMatchSet(_options())
        try:
            for pattern in patterns:
                self._set.Add(pattern)
            self._set.Compile()
        except (re2.error, UnicodeEncodeError) as error:
            raise ValueError("RE2 does not take them, or they are too large together") from error

    def match(self, text: str) -> bool:
        """Whether one of them matches the whole text."""
        try:
            return bool(self._set.Match(text))
        except UnicodeEncodeError:
            return False


@dataclass(frozen=True, slots=True)
class _SpanIndex:
    """Spans sorted by start, each with the highest end up to it."""

    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, ranges: Iterable[tuple[int, int]]) -> "_SpanIndex":
        spans = sorted(ranges)
        return cls([start for start, _ in spans], list(accumulate((end for _, end in spans), max)))

    def contains(self, start: int, end: int) -> bool:
        """Whether a span lies in one of them."""
        last = bisect_right(self.starts, start) - 1
        return last >= 0 and end <= self.ends[last]


@dataclass(frozen=True, slots=True)
class AllowList:
    """Values, casefolded and normalised, and patterns, each with the kinds for which it is allowed."""

    values: Mapping[str, Kinds]
    patterns: Sequence[tuple[Kinds, FullMatchPatterns]]

    def without(self, text: str, detections: Sequence[Detection]) -> list[Detection]:
        """The detections with a span that is neither allowed nor inside a span allowed for their kind.

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
        normalised = normalise(value)
        decoded = decode_in_place(normalised)
        kinds = self._kinds_as_written(normalised.text.strip())
        return kinds if decoded is None else kinds | self._kinds_as_written(decoded.text.strip())

    def _kinds_as_written(self, written: str) -> Kinds:
        kinds = self.values.get(written.casefold(), frozenset())
        return kinds.union(*(allowed for allowed, patterns in self.patterns if patterns.match(written)))


def without_allowed(
    policy: PolicyDocument, text: str, detections: Sequence[Detection]
) -> Sequence[Detection]:
    """The detections with a span that the policy's allow-list does not allow."""
    if not policy.allow or not detections:
        return detections
    return _compiled(_PolicyIdentity(policy)).without(text, detections)


def allow_list_entry_problem(entry: AllowListEntry) -> str | None:
    """Why the entry's pattern does not compile in RE2; None where it does."""
    if entry.pattern is None:
        return None
    try:
        re2.compile(entry.pattern, _options())
    except (re2.error, UnicodeEncodeError) as error:
        return f"the pattern does not compile in RE2 ({_error_message(error)})"
    return None


def allow_list_problem(policy: PolicyDocument) -> str | None:
    """Why the patterns do not compile together; None where they do."""
    for kinds, patterns in _patterns_by_kinds(policy).items():
        try:
            FullMatchPatterns(patterns)
        except ValueError:
            names = ", ".join(sorted(kinds))
            return f"{len(patterns)} patterns for {names} are too large together: join or shorten them"
    return None


@dataclass(frozen=True, slots=True, eq=False)
class _PolicyIdentity:
    """A policy as a cache key by identity, since documents never change and comparing long ones is slow."""

    policy: PolicyDocument

    def __hash__(self) -> int:
        return id(self.policy)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _PolicyIdentity) and self.policy is other.policy


@lru_cache(maxsize=MAX_POLICIES)
def _compiled(identity: _PolicyIdentity) -> AllowList:
    """The compiled list; patterns that do not compile, which no validated policy has, allow nothing."""
    values: dict[str, Kinds] = {}
    for entry in identity.policy.allow:
        if entry.value is not None:
            value = normalise(entry.value).text.strip().casefold()
            values[value] = values.get(value, frozenset()) | _kinds_of(entry)
    patterns: list[tuple[Kinds, FullMatchPatterns]] = []
    for kinds, sources in _patterns_by_kinds(identity.policy).items():
        try:
            patterns.append((kinds, FullMatchPatterns(sources)))
        except ValueError:
            continue
    return AllowList(values, tuple(patterns))


def _patterns_by_kinds(policy: PolicyDocument) -> Mapping[Kinds, Sequence[str]]:
    """The patterns that compile, by the kinds that they are for."""
    patterns: dict[Kinds, list[str]] = {}
    for entry in policy.allow:
        if entry.pattern is not None and allow_list_entry_problem(entry) is None:
            patterns.setdefault(_kinds_of(entry), []).append(entry.pattern)
    return patterns


def _kinds_of(entry: AllowListEntry) -> Kinds:
    return frozenset(entry.kinds) or PERSONAL


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY_BYTES
    return options


def _error_message(error: Exception) -> str:
    message = error.args[0] if error.args else ""
    return message.decode("utf-8", "replace") if isinstance(message, bytes) else type(error).__name__
