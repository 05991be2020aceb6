"""What readers say about the guard's hits on ordinary texts: right or wrong, by a key that holds no text."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KEY_CHARS = 20
NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True)
class Hit:
    """A detection that changed or blocked a text; a block has the place 0 to 0."""

    kind: str
    start: int
    end: int

    def key(self, text: str) -> str:
        """The name of this hit in this text, by which a reader's judgment is found again."""
        hit = f"{text}\0{self.kind}\0{self.start}\0{self.end}"
        return hashlib.sha256(hit.encode("utf-8", "surrogatepass")).hexdigest()[:KEY_CHARS]


@dataclass(frozen=True, slots=True)
class ScreenedText:
    """An ordinary text, and what the guard did to it."""

    id: str
    kind: str
    language: str
    text: str
    hits: tuple[Hit, ...] = ()
    is_changed: bool = False
    is_blocked: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A count out of a total, with the 95 % interval by Wilson (1927)."""

    count: int
    total: int

    @property
    def percent(self) -> float:
        """The share in percent; 0 of nothing."""
        return 100 * self.count / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound of the share in percent."""
        if not self.total:
            return 0.0, 100.0
        square, share = NORMAL_95**2, self.count / self.total
        middle = share + square / (2 * self.total)
        spread = NORMAL_95 * math.sqrt(share * (1 - share) / self.total + square / (4 * self.total**2))
        scale = 100 / (1 + square / self.total)
        return max(0.0, (middle - spread) * scale), min(100.0, (middle + spread) * scale)


class Readings:
    """The judgments of several readers; a hit is wrong if any reader calls it wrong."""

    def __init__(self, judgments: Mapping[str, Mapping[str, bool]]) -> None:
        """Take, for each reader, whether the hit of each key is right."""
        self._judgments = judgments

    @classmethod
    def read(cls, files: Sequence[Path]) -> "Readings":
        """Read JSON lines `{"key": ..., "right": true}`; each file is one reader's."""
        judgments: dict[str, dict[str, bool]] = {}
        for file in files:
            rows = map(json.loads, filter(str.strip, file.read_text(encoding="utf-8").splitlines()))
            judgments[file.name] = {str(row["key"]): bool(row["right"]) for row in rows}
        return cls(judgments)

    def is_right(self, key: str) -> bool | None:
        """Whether all who read this hit call it right; None if nobody read it."""
        said = [of_reader[key] for of_reader in self._judgments.values() if key in of_reader]
        return all(said) if said else None

    def is_text_right(self, text: ScreenedText) -> bool | None:
        """Whether all hits of a text are right; None if one was not read and none is wrong."""
        said = [self.is_right(hit.key(text.text)) for hit in text.hits]
        return False if False in said else None if None in said else True

    def agreement(self) -> tuple[Share, float]:
        """The share of hits read by the first two readers that they judge alike, and Cohen's kappa (1960)."""
        if len(self._judgments) < 2:
            return Share(0, 0), math.nan
        first, second = list(self._judgments.values())[:2]
        both = [(first[key], second[key]) for key in first if key in second]
        if not both:
            return Share(0, 0), math.nan
        alike = Share(sum(one == other for one, other in both), len(both))
        ones, others = (sum(pair[reader] for pair in both) / len(both) for reader in (0, 1))
        by_chance = ones * others + (1 - ones) * (1 - others)
        observed = alike.count / alike.total
        return alike, 1.0 if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


@dataclass(frozen=True, slots=True)
class Precision:
    """The shares of texts that were changed, wrongly changed and blocked."""

    changed: Share
    blocked: Share
    read: Share
    """Changed texts that readers judged."""
    wrong: Share
    """Of those, the ones in which a hit is wrong."""

    @property
    def wrongly_changed_percent(self) -> float:
        """The share of all texts that is wrongly changed, where unread texts are like the read ones.

        Without any reading all changed texts count as wrong.
        """
        wrong = self.wrong.percent / 100 if self.wrong.total else 1.0
        return self.changed.percent * wrong


def precision(texts: Iterable[ScreenedText], readings: Readings) -> Precision:
    """Sum up texts by what readers said; a blocked text is wrongly blocked, since all texts are ordinary."""
    total = changed = blocked = judged = wrong = 0
    for text in texts:
        total += 1
        changed += text.is_changed
        blocked += text.is_blocked
        said = readings.is_text_right(text) if text.is_changed else None
        judged += said is not None
        wrong += said is False
    return Precision(
        Share(changed, total), Share(blocked, total), Share(judged, changed), Share(wrong, judged)
    )
