"""The check for JSON of a given schema; it fetches nothing, runs patterns in RE2 and has bounded cost."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from pydantic import JsonValue
from referencing import Registry
from referencing.exceptions import Unresolvable

from schemas.checks import JsonSchemaCheck
from services.guard.domain.checks.json_keywords import BOUNDED_KEYWORDS, EnumKeyword, Keyword, re2_pattern
from services.guard.domain.checks.step_budget import BUDGET, StepBudget, length_of
from services.guard.domain.checks.types import (
    FAILED,
    PASSED,
    CheckedText,
    CheckResult,
    InvalidCheckError,
    NotCheckedError,
    Runner,
)

MAX_DEPTH = 64
MARKDOWN_FENCE = re.compile(r"```(?:json|JSON)?[ \t]{0,20}\r?\n(.*)\n[ \t]{0,20}```", re.DOTALL)
LITERALS = frozenset({"const", "enum", "default", "examples"})


class JsonSchemaValidator:
    """Validates texts with a budget of steps; safe to use in any thread."""

    def __init__(self, check: JsonSchemaCheck) -> None:
        """Raise InvalidCheckError for an invalid schema, an outside reference or a pattern not in RE2."""
        schema: dict[str, JsonValue] = dict(check.json_schema)
        refuse_invalid_schema(schema)
        counted = {
            name: self._counted(keyword, length_of)
            for name, keyword in {**Draft202012Validator.VALIDATORS, **BOUNDED_KEYWORDS}.items()
        }
        counted["enum"] = self._counted(EnumKeyword(), lambda _: 0)
        # Without a registry of its own the library would fetch what a `$ref` names.
        self._validator = extend(Draft202012Validator, counted)(schema, registry=Registry())

    def __call__(self, checked: CheckedText) -> CheckResult:
        """Fail where the text is not JSON, is nested too deeply, or does not match the schema."""
        try:
            document = orjson.loads(unfenced(checked.text.segment.text))
        except ValueError:
            return FAILED
        if is_deeper(document, MAX_DEPTH):
            return FAILED
        BUDGET.set(StepBudget(document))
        try:
            return PASSED if self._validator.is_valid(document) else FAILED
        except (Unresolvable, RecursionError, ArithmeticError) as error:
            raise NotCheckedError from error

    def _counted(self, keyword: Keyword, entries: Callable[[object], int]) -> Keyword:
        """The keyword, taking steps for the size of the instance and for the entries of its own value."""

        def run(
            validator: object, value: object, instance: object, schema: object
        ) -> Iterator[ValidationError]:
            BUDGET.get().count_keyword(instance, entries(value))
            yield from keyword(validator, value, instance, schema) or ()

        return run


def unfenced(text: str) -> str:
    """The text without a Markdown fence around it; a lone surrogate gives invalid JSON, not an error."""
    stripped = text.strip()
    fence = MARKDOWN_FENCE.fullmatch(stripped)
    return (fence[1] if fence else stripped).encode("utf-8", "replace").decode()


def is_deeper(document: object, depth: int) -> bool:
    """Whether lists and objects are nested more deeply than that; does not recurse."""
    level: Sequence[object] = [document]
    for _ in range(depth + 1):
        level = [part for value in level for part in _parts(value)]
        if not level:
            return False
    return True


def _parts(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def refuse_invalid_schema(schema: Mapping[str, JsonValue]) -> None:
    """Raise InvalidCheckError for a schema that is invalid or cannot be run safely."""
    if is_deeper(schema, MAX_DEPTH):
        raise InvalidCheckError(
            f"the schema is nested deeper than {MAX_DEPTH}: name its parts in '$defs' and refer to them"
        )
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        path = "/".join(str(part) for part in error.absolute_path)
        raise InvalidCheckError(
            f"this is no JSON schema (draft 2020-12): {error.message[:200]} at '{path}'"
        ) from error
    parts = list(_schemas_in(schema))
    names = {str(part["$id"]) for part in parts if "$id" in part}
    for part in parts:
        _refuse_invalid_part(part, names)


def _refuse_invalid_part(part: Mapping[str, object], names: set[str]) -> None:
    for keyword in ("$ref", "$dynamicRef"):
        reference = part.get(keyword)
        if isinstance(reference, str) and not _is_inside(reference, names):
            raise InvalidCheckError(
                f"'{keyword}: {reference}' is outside of the schema and never fetched: put it into '$defs'"
            )
    if "patternProperties" in part and "unevaluatedProperties" in part:
        raise InvalidCheckError(
            "'patternProperties' beside 'unevaluatedProperties' would run patterns outside of RE2: "
            "use 'additionalProperties'"
        )
    pattern = part.get("pattern")
    for source in [pattern] if isinstance(pattern, str) else []:
        re2_pattern(source)
    properties = part.get("patternProperties")
    for source in properties if isinstance(properties, dict) else ():
        re2_pattern(str(source))


def _is_inside(reference: str, names: set[str]) -> bool:
    """Whether a reference points into the schema itself, of which `names` are the `$id`s."""
    return reference.startswith("#") or reference.partition("#")[0] in names


def _schemas_in(value: object) -> Iterator[Mapping[str, object]]:
    """Every object that may be a schema; objects inside literal values are excluded."""
    if isinstance(value, dict):
        fields = {str(key): part for key, part in value.items()}
        yield fields
        for key, part in fields.items():
            if key not in LITERALS:
                yield from _schemas_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from _schemas_in(part)


RUNNERS: Mapping[str, Callable[[Any], Runner]] = MappingProxyType({"json_schema": JsonSchemaValidator})
