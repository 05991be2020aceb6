"""The limit on what the validation of one JSON document may cost."""

from contextvars import ContextVar

from services.guard.domain.checks.types import NotCheckedError

MAX_STEPS = 50_000
"""Of one document: alternatives of a schema that refer to themselves double the steps with every level."""
CHARS_PER_STEP, ENTRIES_PER_STEP = 512, 64
"""A keyword costs one step, and more for a large value, which errors quote, or a long list of its own."""


class StepBudget:
    """Counts the steps that are left for one document; raises NotCheckedError when none are left."""

    def __init__(self, document: object) -> None:
        """Measure the document; its nesting must not be deeper than Python's recursion allows."""
        self._left = MAX_STEPS
        self._sizes: dict[int, int] = {}
        self._measure(document)

    def count_keyword(self, instance: object, entries: int) -> None:
        """Count the steps of a keyword with `entries` entries that is applied to a part of the document."""
        self.spend(1 + self._size(instance) // CHARS_PER_STEP + entries // ENTRIES_PER_STEP)

    def count_comparison(self, instance: object) -> None:
        """Count the steps of comparing each value in a part of the document."""
        self.spend(self._size(instance) // ENTRIES_PER_STEP)

    def spend(self, steps: int) -> None:
        """Subtract `steps` from the steps that are left."""
        self._left -= steps
        if self._left < 0:
            raise NotCheckedError

    def _size(self, instance: object) -> int:
        return self._sizes.get(id(instance), 0) if isinstance(instance, dict | list) else length_of(instance)

    def _measure(self, part: object) -> int:
        """The characters of a part, plus one for each value in it."""
        if isinstance(part, dict):
            size = 1 + sum(len(name) + self._measure(inner) for name, inner in part.items())
        elif isinstance(part, list):
            size = 1 + sum(map(self._measure, part))
        else:
            return 1 + length_of(part)
        self._sizes[id(part)] = size
        return size


BUDGET: ContextVar[StepBudget] = ContextVar("budget of steps")
"""The budget of the document that this thread validates."""


def length_of(value: object) -> int:
    """The length of a text, list or object; 0 for other values."""
    return len(value) if isinstance(value, str | list | dict) else 0
