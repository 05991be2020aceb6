"""A recogniser: a function that finds the spans of one kind, and a quick test which texts may have any."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.guard.domain.detection import CERTAIN_SCORE
from services.guard.domain.text.types import CharSpan

FORMAT_ONLY_SCORE = 0.9
"""The score of kinds without a check digit, which are recognised by format and context words."""
LAST_RANK = 200
FindSpans = Callable[[str], Iterator[CharSpan]]


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Finds one kind, in texts with the `required` character and at least `min_digits` digits.

    A module of `pii` or `secrets` registers its recognisers in `RECOGNISERS`. Where several find the same
    span, the one with the lowest rank names its kind.
    """

    kind: str
    find: FindSpans
    required: str = ""
    min_digits: int = 0
    score: float = CERTAIN_SCORE
    rank: int = LAST_RANK
    is_for_ids: bool = False
    """Whether it also runs on ids, such as request ids, in which personal data is refused."""
