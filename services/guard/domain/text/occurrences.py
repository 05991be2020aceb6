"""Finds many values in a text, in time that grows with their sum and not with their product."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.guard.domain.text.boundaries import (
    Boundary,
    begins_token,
    begins_word,
    ends_token,
    ends_word,
)

MAX_COMPARISONS = 1 << 22
"""Up to this product of text length and number of values, separate searches beat an automaton."""
COMPARISONS_PER_VALUE_CHAR = 300
"""Added to that limit for each character of the values, since building the automaton takes time."""
MAX_SEARCH_RESULTS = 50_000
"""Found by separate searches; values that overlap themselves can occur at every character."""
MAX_NESTED_VALUES = 8
"""Values reported that end at one character, the longest first; shorter ones lie inside the reported ones."""
MAX_EXAMINED_VALUES = 32
"""Values examined that end at one character, where some of them begin inside a word."""
_CODE_POINTS = 0x110000
Occurrence = tuple[int, str]
"""The start of a value, and the value."""
_TrieNode = tuple[int, int, int]
"""A state, its parent state, and the character between them."""


@dataclass(frozen=True, slots=True)
class ValueBoundaries:
    """Where a value may begin and end; an occurrence elsewhere does not count."""

    begins: Boundary
    ends: Boundary


EVERYWHERE = ValueBoundaries(lambda _text, _start: True, lambda _text, _end: True)
WORDS = ValueBoundaries(begins_word, ends_word)
"""For values that are no part of a longer word, number, e-mail address or name in code."""
TOKENS = ValueBoundaries(begins_token, ends_token)
"""For values that may stand in an address or a name in code."""


def find_values(
    text: str, values: Collection[str], boundaries: ValueBoundaries = EVERYWHERE
) -> list[Occurrence]:
    """All occurrences, sorted by start; they may overlap. The values must not be empty."""
    occurrences = _search_each(text, values, boundaries) if _is_small(text, values) else None
    if occurrences is None:
        return sorted(set(_AhoCorasick.of(values).occurrences(text, boundaries)))
    return sorted(occurrences)


def values_in_text(text: str, values: Collection[str]) -> set[str]:
    """The values that occur in the text."""
    if _is_small(text, values):
        return {value for value in values if value in text}
    return _AhoCorasick.of(values).values_in(text)


def _is_small(text: str, values: Collection[str]) -> bool:
    allowance = COMPARISONS_PER_VALUE_CHAR * sum(map(len, values))
    return len(text) * len(values) <= MAX_COMPARISONS + allowance


def _search_each(text: str, values: Collection[str], boundaries: ValueBoundaries) -> list[Occurrence] | None:
    """One search for each value; None if there are too many occurrences for that."""
    occurrences: list[Occurrence] = []
    count = 0
    for value in values:
        start = text.find(value)
        while start >= 0:
            count += 1
            if count > MAX_SEARCH_RESULTS:
                return None
            if boundaries.ends(text, start + len(value)) and boundaries.begins(text, start):
                occurrences.append((start, value))
            start = text.find(value, start + 1)
    return occurrences


@dataclass(frozen=True, slots=True)
class _AhoCorasick:
    """An automaton of all values (Aho and Corasick, 1975), which finds them in one pass over a text."""

    transitions: Mapping[int, int]
    """The next state by state and character, which are combined to one number; state 0 is the start."""
    failures: Sequence[int]
    """For each state, the state of its longest proper suffix that is the prefix of a value."""
    values: Mapping[int, str]
    """The value that ends in a state."""
    outputs: Sequence[int]
    """For each state, the next state along its failures in which a value ends; 0 if there is none."""

    @classmethod
    def of(cls, values: Collection[str]) -> "_AhoCorasick":
        transitions: dict[int, int] = {}
        values_by_state: dict[int, str] = {}
        levels: list[list[_TrieNode]] = []
        state_count = 1
        for value in values:
            state = 0
            for depth, code in enumerate(map(ord, value)):
                key = state * _CODE_POINTS + code
                next_state = transitions.get(key)
                if next_state is None:
                    next_state = transitions[key] = state_count
                    state_count += 1
                    if depth == len(levels):
                        levels.append([])
                    levels[depth].append((next_state, state, code))
                state = next_state
            values_by_state[state] = value
        failures, outputs = _failure_links(transitions, values_by_state, levels, state_count)
        return cls(transitions, failures, values_by_state, outputs)

    def occurrences(self, text: str, boundaries: ValueBoundaries = EVERYWHERE) -> Iterator[Occurrence]:
        """The values that end at each character, the longest first, at most MAX_NESTED_VALUES."""
        for end, state in self._states(text):
            output = state if state in self.values else self.outputs[state]
            if not output or not boundaries.ends(text, end):
                continue
            remaining, examined = MAX_NESTED_VALUES, 0
            while output and remaining and examined < MAX_EXAMINED_VALUES:
                value = self.values[output]
                if boundaries.begins(text, end - len(value)):
                    yield end - len(value), value
                    remaining -= 1
                output, examined = self.outputs[output], examined + 1

    def values_in(self, text: str) -> set[str]:
        """All values that occur in the text."""
        outputs: set[int] = set()
        for _, state in self._states(text):
            output = state if state in self.values else self.outputs[state]
            while output and output not in outputs:
                outputs.add(output)
                output = self.outputs[output]
        return {self.values[output] for output in outputs}

    def _states(self, text: str) -> Iterator[tuple[int, int]]:
        """The offset after each character, and the state there if it is not the start."""
        transitions, failures, state = self.transitions, self.failures, 0
        for end, code in enumerate(map(ord, text), 1):
            next_state = transitions.get(state * _CODE_POINTS + code)
            while next_state is None and state:
                state = failures[state]
                next_state = transitions.get(state * _CODE_POINTS + code)
            state = next_state or 0
            if state:
                yield end, state


def _failure_links(
    transitions: Mapping[int, int],
    values_by_state: Mapping[int, str],
    levels: Sequence[Sequence[_TrieNode]],
    state_count: int,
) -> tuple[list[int], list[int]]:
    """The failure and output links, by increasing depth, since links depend on those of shorter prefixes."""
    failures, outputs = [0] * state_count, [0] * state_count
    for level in levels[1:]:
        for state, parent, code in level:
            suffix = failures[parent]
            while suffix and suffix * _CODE_POINTS + code not in transitions:
                suffix = failures[suffix]
            failures[state] = suffix = transitions.get(suffix * _CODE_POINTS + code, 0)
            outputs[state] = suffix if suffix in values_by_state else outputs[suffix]
    return failures, outputs
