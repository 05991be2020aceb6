"""An answer that must be JSON of a given form: nothing is fetched, patterns run in RE2, and no schema or text takes long."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import orjson
from jsonschema import Draft202012Validator, _utils
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from pydantic import JsonValue
from referencing import Registry
from referencing.exceptions import Unresolvable

from schemas.checks import JsonSchemaCheck
from services.guard.domain.checks.regex import Re2Pattern
from services.guard.domain.checks.types import (
    FAILED,
    PASSED,
    CheckedText,
    CheckResult,
    InvalidCheckError,
    NotCheckedError,
    Runner,
)

DEEPEST = 64
MOST_STEPS = 50_000
"""What looking at one text may cost: alternatives that refer to themselves double with every level."""
CHARACTERS_A_STEP, ENTRIES_A_STEP = 512, 64
"""A keyword costs one step, and more where the value or the keyword's own lists are large: an error of the library repeats the value."""
FENCE = re.compile(r"```(?:json|JSON)?[ \t]{0,20}\r?\n(.*)\n[ \t]{0,20}```", re.DOTALL)
EVALUATED_ITEMS: Callable[..., Iterable[int]] = _utils.find_evaluated_item_indexes_by_schema
EVALUATED_NAMES: Callable[..., Iterable[str]] = _utils.find_evaluated_property_keys_by_schema
LITERALS = frozenset({"const", "enum", "default", "examples"})
BUDGET: ContextVar["_StepBudget"] = ContextVar("budget of steps")
"""Steps that this thread may still take: a long text is looked at in another thread than a short one."""
Schema = Mapping[str, JsonValue] | bool
Keyword = Callable[..., Iterator[ValidationError] | None]


class JsonSchemaValidator:
    """Validates with a budget of steps, in any thread."""

    def __init__(self, check: JsonSchemaCheck) -> None:
        """Raise CheckFaultError where the schema is none, refers to the outside, or holds a pattern that RE2 does not know."""
        schema: dict[str, JsonValue] = dict(check.json_schema)
        _refuse_faults(schema)
        counted = {
            name: self._counted(keyword, _length)
            for name, keyword in {**Draft202012Validator.VALIDATORS, **SAFE}.items()
        }
        counted["enum"] = self._counted(_EnumSets(), lambda _: 0)
        # Without a registry of its own the library would fetch what a `$ref` names.
        self._validator = extend(Draft202012Validator, counted)(schema, registry=Registry())

    def __call__(self, looked: CheckedText) -> CheckResult:
        """Fail where the text is no JSON, is nested too deep, or is not as the schema says."""
        try:
            document = orjson.loads(unfenced(looked.text.subject.text))
        except ValueError:
            return FAILED
        if is_deeper(document, DEEPEST):
            return FAILED
        BUDGET.set(_StepBudget(document))
        try:
            return PASSED if self._validator.is_valid(document) else FAILED
        except (Unresolvable, RecursionError, ArithmeticError) as error:
            raise NotCheckedError from error

    def _counted(self, keyword: Keyword, entries: Callable[[object], int]) -> Keyword:
        """The keyword, paid for by the size of what it looks at and by the entries of its own value that it goes through."""

        def run(
            validator: object, value: object, instance: object, schema: object
        ) -> Iterator[ValidationError]:
            BUDGET.get().take(instance, entries(value))
            yield from keyword(validator, value, instance, schema) or ()

        return run


class _StepBudget:
    """The steps that are left for one document."""

    def __init__(self, document: object) -> None:
        self._left = MOST_STEPS
        self._sizes: dict[int, int] = {}
        self._measure(document)

    def take(self, instance: object, entries: int) -> None:
        """Pay for looking at a part of the document with a keyword that has so many entries."""
        self.spend(1 + self._size(instance) // CHARACTERS_A_STEP + entries // ENTRIES_A_STEP)

    def take_whole(self, instance: object) -> None:
        """Pay for looking at each value in a part of the document."""
        self.spend(self._size(instance) // ENTRIES_A_STEP)

    def spend(self, steps: int) -> None:
        """Pay; raises NotCheckedError when nothing is left."""
        self._left -= steps
        if self._left < 0:
            raise NotCheckedError

    def _size(self, instance: object) -> int:
        return self._sizes.get(id(instance), 0) if isinstance(instance, dict | list) else _length(instance)

    def _measure(self, part: object) -> int:
        """Characters of a part, with one for each value in it; the document is no deeper than DEEPEST."""
        if isinstance(part, dict):
            size = 1 + sum(len(name) + self._measure(inner) for name, inner in part.items())
        elif isinstance(part, list):
            size = 1 + sum(map(self._measure, part))
        else:
            return 1 + _length(part)
        self._sizes[id(part)] = size
        return size


def _length(value: object) -> int:
    return len(value) if isinstance(value, str | list | dict) else 0


def unfenced(text: str) -> str:
    """The text without the one Markdown fence around it; lone halves of surrogate pairs make it no JSON, not an error."""
    stripped = text.strip()
    fence = FENCE.fullmatch(stripped)
    return (fence[1] if fence else stripped).encode("utf-8", "replace").decode()


def is_deeper(document: object, most: int) -> bool:
    """Whether lists and objects stand in each other more often than that; does not go down by itself."""
    level: Sequence[object] = [document]
    for _ in range(most + 1):
        level = [part for one in level for part in _parts(one)]
        if not level:
            return False
    return True


def _parts(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _refuse_faults(schema: Mapping[str, JsonValue]) -> None:
    if is_deeper(schema, DEEPEST):
        raise InvalidCheckError(
            f"the schema is nested deeper than {DEEPEST}: name its parts in '$defs' and refer to them"
        )
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = "/".join(str(part) for part in error.absolute_path)
        raise InvalidCheckError(
            f"this is no JSON schema (draft 2020-12): {error.message[:200]} at '{place}'"
        ) from error
    parts = list(_schemas_in(schema))
    names = {str(part["$id"]) for part in parts if "$id" in part}
    for part in parts:
        _refuse_part(part, names)


def _refuse_part(part: Mapping[str, object], names: set[str]) -> None:
    for keyword in ("$ref", "$dynamicRef"):
        reference = part.get(keyword)
        if (
            isinstance(reference, str)
            and not reference.startswith("#")
            and reference.split("#")[0] not in names
        ):
            raise InvalidCheckError(
                f"'{keyword}: {reference}' is outside of the schema and never fetched: put it into '$defs'"
            )
    if "patternProperties" in part and "unevaluatedProperties" in part:
        raise InvalidCheckError(
            "'patternProperties' beside 'unevaluatedProperties' would run patterns outside of RE2: use 'additionalProperties'"
        )
    pattern = part.get("pattern")
    for source in [pattern] if isinstance(pattern, str) else []:
        _linear(source)
    properties = part.get("patternProperties")
    for source in properties if isinstance(properties, dict) else ():
        _linear(str(source))


def _schemas_in(value: object) -> Iterator[Mapping[str, object]]:
    """Every object that may be a schema; what stands in literals is no schema."""
    if isinstance(value, dict):
        fields = {str(key): part for key, part in value.items()}
        yield fields
        for key, part in fields.items():
            if key not in LITERALS:
                yield from _schemas_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from _schemas_in(part)


@lru_cache(maxsize=1024)
def _linear(source: str) -> Re2Pattern:
    return Re2Pattern(source)


def _pattern(validator: object, source: str, instance: object, schema: object) -> Iterator[ValidationError]:
    del validator, schema
    if isinstance(instance, str) and not _linear(source).matches(instance):
        yield ValidationError("does not match the pattern")


def _pattern_properties(
    validator: Draft202012Validator, properties: Mapping[str, Schema], instance: object, schema: object
) -> Iterator[ValidationError]:
    del schema
    if isinstance(instance, dict):
        BUDGET.get().spend(len(properties) * len(instance) // ENTRIES_A_STEP)
        for source, part in properties.items():
            for name, value in instance.items():
                if _linear(source).matches(str(name)):
                    yield from validator.descend(value, part)


def _additional_properties(
    validator: Draft202012Validator,
    wanted: JsonValue,
    instance: object,
    schema: Mapping[str, Mapping[str, object]],
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    sources, named = schema.get("patternProperties", {}), schema.get("properties", {})
    BUDGET.get().spend(len(sources) * len(instance) // ENTRIES_A_STEP)
    extra = {
        name: value
        for name, value in instance.items()
        if name not in named and not any(_linear(one).matches(str(name)) for one in sources)
    }
    if wanted is False and extra:
        yield ValidationError("there are properties that the schema does not name")
    if isinstance(wanted, dict):
        for value in extra.values():
            yield from validator.descend(value, wanted)


class _EnumSets:
    """The lists of values of one schema, each as a set: a list of thousands costs no more than one of two."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Sequence[JsonValue], frozenset[object]]] = {}

    def __call__(
        self, validator: object, values: Sequence[JsonValue], instance: object, schema: object
    ) -> Iterator[ValidationError]:
        """Compare as the standard says: 1 and 1.0 are one value, 1 and true are not."""
        del validator, schema
        BUDGET.get().take_whole(instance)
        # The list is kept beside its set, so that no other one gets its id.
        _, known = self._known.get(id(values)) or self._known.setdefault(
            id(values), (values, frozenset(map(_canonical, values)))
        )
        if _canonical(instance) not in known:
            yield ValidationError("is none of the values")


def _unique_items(
    validator: object, wanted: object, instance: object, schema: object
) -> Iterator[ValidationError]:
    """As the standard says, 1 and 1.0 are one value; by a set, since comparing each with each costs a square."""
    del validator, schema
    BUDGET.get().take_whole(instance)
    if wanted and isinstance(instance, list) and len({_canonical(one) for one in instance}) < len(instance):
        yield ValidationError("items are not unique")


def _unevaluated_items(
    validator: Draft202012Validator, wanted: object, instance: object, schema: object
) -> Iterator[ValidationError]:
    """As the library, but for its search of each index in a list of all."""
    del wanted
    if isinstance(instance, list):
        evaluated = set(EVALUATED_ITEMS(validator, instance, schema))
        if any(index not in evaluated for index in range(len(instance))):
            yield ValidationError("there are items that the schema does not name")


def _unevaluated_properties(
    validator: Draft202012Validator, wanted: Schema, instance: object, schema: object
) -> Iterator[ValidationError]:
    """As the library, but for its search of each name in a list of all."""
    if isinstance(instance, dict):
        evaluated = set(EVALUATED_NAMES(validator, instance, schema))
        for name, value in instance.items():
            if name not in evaluated:
                yield from validator.descend(value, wanted)


def _canonical(value: object) -> object:
    if isinstance(value, dict):
        return frozenset((name, _canonical(part)) for name, part in value.items())
    if isinstance(value, list):
        return tuple(_canonical(part) for part in value)
    return (type(value) is bool, value)


SAFE: Mapping[str, Keyword] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "uniqueItems": _unique_items,
    "unevaluatedItems": _unevaluated_items,
    "unevaluatedProperties": _unevaluated_properties,
}
"""What the library does by `re`, or in square time."""


RUNNERS: Mapping[str, Callable[[Any], Runner]] = MappingProxyType({"json_schema": JsonSchemaValidator})
