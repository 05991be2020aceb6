"""JSON schema keywords in RE2 and linear time, for which the library uses `re` or quadratic time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from jsonschema import Draft202012Validator, _utils
from jsonschema.exceptions import ValidationError
from pydantic import JsonValue

from services.guard.domain.checks.regex import Re2Pattern
from services.guard.domain.checks.step_budget import BUDGET, ENTRIES_PER_STEP

EVALUATED_ITEMS: Callable[..., Iterable[int]] = _utils.find_evaluated_item_indexes_by_schema
EVALUATED_NAMES: Callable[..., Iterable[str]] = _utils.find_evaluated_property_keys_by_schema
Schema = Mapping[str, JsonValue] | bool
Keyword = Callable[..., Iterator[ValidationError] | None]


@lru_cache(maxsize=1024)
def re2_pattern(source: str) -> Re2Pattern:
    """Compile a pattern; raises InvalidCheckError if RE2 does not support it."""
    return Re2Pattern(source)


def _pattern(validator: object, source: str, instance: object, schema: object) -> Iterator[ValidationError]:
    del validator, schema
    if isinstance(instance, str) and not re2_pattern(source).matches(instance):
        yield ValidationError("does not match the pattern")


def _pattern_properties(
    validator: Draft202012Validator, properties: Mapping[str, Schema], instance: object, schema: object
) -> Iterator[ValidationError]:
    del schema
    if isinstance(instance, dict):
        BUDGET.get().spend(len(properties) * len(instance) // ENTRIES_PER_STEP)
        for source, part in properties.items():
            for name, value in instance.items():
                if re2_pattern(source).matches(str(name)):
                    yield from validator.descend(value, part)


def _additional_properties(
    validator: Draft202012Validator,
    additional: JsonValue,
    instance: object,
    schema: Mapping[str, Mapping[str, object]],
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    sources, named = schema.get("patternProperties", {}), schema.get("properties", {})
    BUDGET.get().spend(len(sources) * len(instance) // ENTRIES_PER_STEP)
    extra = {
        name: value
        for name, value in instance.items()
        if name not in named and not any(re2_pattern(source).matches(str(name)) for source in sources)
    }
    if additional is False and extra:
        yield ValidationError("there are properties that the schema does not name")
    if isinstance(additional, dict):
        for value in extra.values():
            yield from validator.descend(value, additional)


class EnumKeyword:
    """The keyword `enum` with each list as a set, so that long lists are as fast as short ones."""

    def __init__(self) -> None:
        """Start without lists; each is made a set when it is first compared."""
        self._known: dict[int, tuple[Sequence[JsonValue], frozenset[object]]] = {}

    def __call__(
        self, validator: object, values: Sequence[JsonValue], instance: object, schema: object
    ) -> Iterator[ValidationError]:
        """Compare as JSON Schema does: 1 and 1.0 are one value, 1 and true are two."""
        del validator, schema
        BUDGET.get().count_comparison(instance)
        # The list is kept beside its set, so that no other one gets its id.
        _, known = self._known.get(id(values)) or self._known.setdefault(
            id(values), (values, frozenset(map(_canonical, values)))
        )
        if _canonical(instance) not in known:
            yield ValidationError("is none of the values")


def _unique_items(
    validator: object, is_unique: object, instance: object, schema: object
) -> Iterator[ValidationError]:
    """Compare by a set, since comparing all pairs takes quadratic time; 1 and 1.0 are one value."""
    del validator, schema
    BUDGET.get().count_comparison(instance)
    if (
        is_unique
        and isinstance(instance, list)
        and len({_canonical(item) for item in instance}) < len(instance)
    ):
        yield ValidationError("items are not unique")


def _unevaluated_items(
    validator: Draft202012Validator, unevaluated: object, instance: object, schema: object
) -> Iterator[ValidationError]:
    """Like the library's keyword, but with a set, since the library searches a list for each index."""
    del unevaluated
    if isinstance(instance, list):
        evaluated = set(EVALUATED_ITEMS(validator, instance, schema))
        if any(index not in evaluated for index in range(len(instance))):
            yield ValidationError("there are items that the schema does not name")


def _unevaluated_properties(
    validator: Draft202012Validator, unevaluated: Schema, instance: object, schema: object
) -> Iterator[ValidationError]:
    """Like the library's keyword, but with a set, since the library searches a list for each name."""
    if isinstance(instance, dict):
        evaluated = set(EVALUATED_NAMES(validator, instance, schema))
        for name, value in instance.items():
            if name not in evaluated:
                yield from validator.descend(value, unevaluated)


def _canonical(value: object) -> object:
    """A hashable form of a JSON value, equal for equal values."""
    if isinstance(value, dict):
        return frozenset((name, _canonical(part)) for name, part in value.items())
    if isinstance(value, list):
        return tuple(_canonical(part) for part in value)
    return (type(value) is bool, value)


BOUNDED_KEYWORDS: Mapping[str, Keyword] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "uniqueItems": _unique_items,
    "unevaluatedItems": _unevaluated_items,
    "unevaluatedProperties": _unevaluated_properties,
}
"""Replacements for the library's keywords of these names."""
