"""Where any of many values stands in a text: in time that grows with the text and the values, not with their product."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

FEW_COMPARED, COMPARED_FOR_ONE = 1 << 22, 300
"""Characters of the text times the number of values up to which a search for each value is the fastest way, and how many more of them
for each character of the values, since an automaton is made of those."""
FEW_FOUND = 50_000
"""Places that single searches may find: values that overlap themselves stand at every character."""
MOST_NESTED = 8
"""Of values that end at one character the longest so many are told: the shorter ones lie inside them."""
CODES = 0x110000
Occurrence = tuple[int, str]


def find_values(text: str, values: Collection[str]) -> list[Occurrence]:
    """Where each value begins, sorted; places may overlap. Values have at least one character."""
    found = _one_by_one(text, values) if _is_quick(text, values) else None
    return sorted(set(_AhoCorasick.of(values).places(text)) if found is None else found)


def values_in_text(text: str, values: Collection[str]) -> set[str]:
    """Those of the values that stand anywhere in the text."""
    if _is_quick(text, values):
        return {value for value in values if value in text}
    return _AhoCorasick.of(values).seen_in(text)


def _is_quick(text: str, values: Collection[str]) -> bool:
    return len(text) * len(values) <= FEW_COMPARED + COMPARED_FOR_ONE * sum(map(len, values))


def _one_by_one(text: str, values: Collection[str]) -> list[Occurrence] | None:
    """By a search for each value; None where there are too many places for that."""
    found: list[Occurrence] = []
    for value in values:
        start = text.find(value)
        while start >= 0:
            found.append((start, value))
            if len(found) > FEW_FOUND:
                return None
            start = text.find(value, start + 1)
    return found


@dataclass(frozen=True, slots=True)
class _AhoCorasick:
    """All values as one automaton (Aho and Corasick, 1975): a text is read once for all of them."""

    steps: Mapping[int, int]
    """From a state by a character, as one number, to the next state; state 0 is the start."""
    back: Sequence[int]
    """For each state that of the longest end of it which begins a value."""
    values: Mapping[int, str]
    """The value that ends in a state."""
    nested: Sequence[int]
    """For each state the next one, going back, in which a value ends; 0 for none."""

    @classmethod
    def of(cls, values: Collection[str]) -> "_AhoCorasick":
        steps: dict[int, int] = {}
        ends: dict[int, str] = {}
        levels: list[list[tuple[int, int, int]]] = []
        count = 1
        for value in values:
            state = 0
            for depth, code in enumerate(map(ord, value)):
                key = state * CODES + code
                following = steps.get(key)
                if following is None:
                    following = steps[key] = count
                    count += 1
                    if depth == len(levels):
                        levels.append([])
                    levels[depth].append((following, state, code))
                state = following
            ends[state] = value
        back, nested = _links(steps, ends, levels, count)
        return cls(steps, back, ends, nested)

    def places(self, text: str) -> Iterator[Occurrence]:
        """Every value that ends at a character, the longest first and MOST_NESTED at most."""
        for end, state in self._read(text):
            at, left = state if state in self.values else self.nested[state], MOST_NESTED
            while at and left:
                value = self.values[at]
                yield end - len(value), value
                at, left = self.nested[at], left - 1

    def seen_in(self, text: str) -> set[str]:
        """All values that stand in the text."""
        seen: set[int] = set()
        for _, state in self._read(text):
            at = state if state in self.values else self.nested[state]
            while at and at not in seen:
                seen.add(at)
                at = self.nested[at]
        return {self.values[at] for at in seen}

    def _read(self, text: str) -> Iterator[tuple[int, int]]:
        """Behind each character the state, where it is not the start."""
        steps, back, state = self.steps, self.back, 0
        for end, code in enumerate(map(ord, text), 1):
            following = steps.get(state * CODES + code)
            while following is None and state:
                state = back[state]
                following = steps.get(state * CODES + code)
            state = following or 0
            if state:
                yield end, state


def _links(
    steps: Mapping[int, int],
    ends: Mapping[int, str],
    levels: Sequence[Sequence[tuple[int, int, int]]],
    count: int,
) -> tuple[list[int], list[int]]:
    """Where each state goes back to, shortest first, since a longer state's way leads over shorter ones."""
    back, nested = [0] * count, [0] * count
    for level in levels[1:]:
        for state, parent, code in level:
            at = back[parent]
            while at and at * CODES + code not in steps:
                at = back[at]
            back[state] = at = steps.get(at * CODES + code, 0)
            nested[state] = at if at in ends else nested[at]
    return back, nested
