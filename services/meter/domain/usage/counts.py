"""Reads counts from a provider's usage block; an invalid count is unknown and reported, never taken for 0."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

from schemas.outcomes import TokenUsage

UsageBlock = Mapping[str, JsonValue]
# No model reads or writes more in one call. Without a bound an invalid response could exceed a column, or use
# up a tenant's budget.
MAX_COUNT = 10**9
MAX_MISMATCH_CHARS = 500
# The precision of money; further digits of a float are noise.
QUANTITY_STEP = Decimal("0.000000000001")
MISSING_COUNTS = "input or output tokens are missing"
NO_COUNTS = "the provider counts nothing at all"
MODALITIES = ("audio", "image", "video")


class UsageReader:
    """Reads counts from a usage block and collects problems; some of them make the whole usage void."""

    def __init__(self, raw: UsageBlock) -> None:
        self.raw = raw
        self.problems: list[str] = []
        self._is_void = False

    def read(self, *names: str, inside: UsageBlock | None = None) -> int | None:
        """Read the first of these fields that exists; an invalid count is unknown, and a problem."""
        block = self.raw if inside is None else inside
        for name in names:
            value = block.get(name)
            if value is not None:
                return self._count(name, value)
        return None

    def optional(self, *names: str, inside: UsageBlock | None = None) -> int | None:
        """Read a class that not all providers report: 0 where it is absent, unknown where it is invalid."""
        block = self.raw if inside is None else inside
        for name in names:
            value = block.get(name)
            if value is not None:
                return self._count(name, value)
        return 0

    def details(self, *names: str, inside: UsageBlock | None = None) -> UsageBlock:
        """Return the first of these blocks that the block contains; empty if it contains none of them."""
        block = self.raw if inside is None else inside
        for name in names:
            value = block.get(name)
            if isinstance(value, Mapping):
                return value
            if value is not None:
                self.problems.append(f"{name} is no block")
        return {}

    def quantity(self, name: str, value: JsonValue) -> Decimal | None:
        """Read a quantity that may be a fraction, such as seconds; an invalid one voids the usage."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                amount = Decimal(str(value))
            except (InvalidOperation, ValueError):
                amount = Decimal("NaN")
            if amount.is_finite() and 0 <= amount <= MAX_COUNT:
                return amount if amount == amount.quantize(QUANTITY_STEP) else amount.quantize(QUANTITY_STEP)
        self.problems.append(f"{name} is no quantity")
        # Unknown units cannot be represented, and without them the rest would be priced as if there were
        # none.
        self._is_void = True
        return None

    def remainder(self, name: str, whole: int | None, parts: Iterable[int | None]) -> int | None:
        """Subtract the classes that a total includes; unknown as soon as one of them is."""
        known = total_of(parts)
        if whole is None or known is None:
            return None
        if known > whole:
            self.problems.append(f"{name} is {whole}, less than the {known} that it includes")
            return None
        return whole - known

    def check(self, name: str, whole: int | None, parts: Iterable[int | None]) -> None:
        """Report a total that the provider's own parts do not add up to; the parts are not changed."""
        known = total_of(parts)
        if whole is not None and known is not None and known != whole:
            self.problems.append(f"{name} is {whole}, its parts add up to {known}")

    def check_total(self, name: str, whole: int | None, parts: Iterable[int | None]) -> None:
        """Report a total that differs from its parts; the usage is void if it is above 0 and they are 0."""
        known = list(parts)
        self.check(name, whole, known)
        self._is_void = self._is_void or (bool(whole) and total_of(known) == 0)

    def to_usage(self, usage: TokenUsage) -> TokenUsage:
        """Return the usage with the problems as its mismatch; without any class where it is void."""
        usage = self._bounded(usage)
        if not self.problems and None in known_classes(usage):
            self.problems.append(MISSING_COUNTS)
        if not any(known_classes(usage)) and not usage.media and not usage.units:
            # Nothing was counted: where there was a problem too, the usage may be in what could not be read.
            self._is_void = self._is_void or bool(self.problems)
            self.problems.extend(() if self.problems else (NO_COUNTS,))
        if self._is_void:
            return TokenUsage(mismatch=mismatch_of(self.problems))
        return usage.model_copy(update={"mismatch": mismatch_of(self.problems)}) if self.problems else usage

    def _bounded(self, usage: TokenUsage) -> TokenUsage:
        """Void a usage with a sum beyond the range of one call, since the wrong part is unknown."""
        sums = (*known_classes(usage), *usage.media.values(), *usage.units.values())
        if all(total is None or total <= MAX_COUNT for total in sums):
            return usage
        self.problems.append(f"more than {MAX_COUNT} of a class in one call")
        self._is_void = True
        return TokenUsage()

    def _count(self, name: str, value: JsonValue) -> int | None:
        # NaN is outside of every range; the range comes before int(), as an integer of 400 digits is no
        # float.
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and 0 <= value <= MAX_COUNT
            and value == int(value)
        ):
            return int(value)
        self.problems.append(f"{name} is no count")
        return None


@dataclass(frozen=True, slots=True)
class MediaTokens:
    """Tokens by modality (audio, image, video): fresh input, cached input and output; None is unknown."""

    fresh: Mapping[str, int | None]
    cached: Mapping[str, int | None]
    output: Mapping[str, int | None]

    def named(self) -> dict[str, int]:
        """Return those that were used, by the names of price documents."""
        named = {f"input_{kind}": count for kind, count in self.fresh.items() if count}
        named |= {f"cache_{kind}_read": count for kind, count in self.cached.items() if count}
        return named | {f"output_{kind}": count for kind, count in self.output.items() if count}


def media_of(
    counts: UsageReader,
    whole: Mapping[str, int | None],
    cached: Mapping[str, int | None],
    output: Mapping[str, int | None],
) -> MediaTokens:
    """Split the input of each modality into fresh and cached; `whole` includes what was cached."""
    fresh = {
        kind: counts.remainder(f"{kind} input", count, [cached.get(kind, 0)]) for kind, count in whole.items()
    }
    return MediaTokens(fresh, cached, output)


def mismatch_of(problems: Iterable[str]) -> str | None:
    """Join problems to a text of bounded length; None if there are no problems."""
    text = "; ".join(dict.fromkeys(problems))
    return (text if len(text) <= MAX_MISMATCH_CHARS else f"{text[: MAX_MISMATCH_CHARS - 3]}...") or None


def known_classes(usage: TokenUsage) -> tuple[int | None, ...]:
    """List the counts of the classes that must be known for a call to have a price."""
    return (
        usage.input,
        usage.cache_read,
        usage.cache_write,
        usage.cache_write_1h,
        usage.output,
        usage.reasoning,
    )


def total_of(values: Iterable[int | None]) -> int | None:
    """Add up values; unknown as soon as one of them is."""
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total
