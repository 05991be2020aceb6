"""The checks that a policy may have, by type; plug-ins add types of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Union

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    JsonValue,
    StringConstraints,
    Tag,
    ValidationInfo,
)

from schemas.addresses import PrivateUrl
from schemas.bounds import MAX_LINES, Count, PositiveCount
from schemas.event import PUBLISHED
from schemas.foreign_json import JsonObject
from schemas.registry import ID_PATTERN, Registry
from schemas.values import Slug, Value
from schemas.verdicts import Direction

Pattern = Annotated[str, Field(min_length=1, max_length=2_000)]
Phrase = Annotated[str, Field(min_length=2, max_length=200)]
PLUGIN_TAG = "plugin"


def _accept(arguments: Mapping[str, JsonValue]) -> str | None:
    del arguments
    return None


@dataclass(frozen=True, slots=True)
class CheckDeclaration:
    """A check type that a plug-in adds.

    `problem` returns what is wrong with the arguments of such a check; the policy is then not published.
    """

    id: str
    meaning: str
    problem: Callable[[Mapping[str, JsonValue]], str | None] = _accept


class Check(Value, frozen=True):  # pyright: ignore[reportGeneralTypeIssues] - Value is frozen by its config
    """The fields of every check: its name, the directions it is for, the action where it fails."""

    runs_outside: ClassVar[bool] = False
    """Whether it calls code or an address outside of the guard, which takes time and may fail."""

    name: Slug
    on: Annotated[tuple[Direction, ...], Field(min_length=1, max_length=3)] = ("output",)
    action: Literal["flag", "mask", "block"] = "block"
    shadow: bool = False
    type: str


class RegexCheck(Check, frozen=True):
    """A pattern (RE2, linear time) that a text must match or must not match."""

    type: Literal["regex"] = "regex"
    pattern: Pattern
    must_match: bool = False


class LengthCheck(Check, frozen=True):
    """The length that a text must have."""

    type: Literal["length"] = "length"
    at_least: Count = 0
    at_most: PositiveCount | None = None
    unit: Literal["characters", "words"] = "characters"


class TopicsCheck(Check, frozen=True):
    """Words and phrases that a text must not contain: banned topics, competitors."""

    type: Literal["topics"] = "topics"
    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1, max_length=2_000)]


class DisclaimerCheck(Check, frozen=True):
    """A text must contain one of `any_of`; with `when`, only if it contains one of those phrases."""

    type: Literal["disclaimer"] = "disclaimer"
    any_of: Annotated[tuple[Phrase, ...], Field(min_length=1, max_length=2_000)]
    when: Annotated[tuple[Phrase, ...], Field(max_length=2_000)] = ()


class JsonSchemaCheck(Check, frozen=True):
    """A text must be JSON that this schema (draft 2020-12) accepts."""

    type: Literal["json_schema"] = "json_schema"
    json_schema: JsonObject


class LanguageCheck(Check, frozen=True):
    """A text must be in one of these languages (ISO 639-1), or in that of the last user message."""

    type: Literal["language"] = "language"
    expected: tuple[Annotated[str, Field(max_length=2, pattern=r"^[a-z]{2}$")], ...] = Field(
        default=(), max_length=MAX_LINES, description="as the user wrote where empty"
    )


class GuardrailsCheck(Check, frozen=True):
    """A Guardrails AI validator by class name (needs the extra `guardrails`)."""

    runs_outside: ClassVar[bool] = True

    type: Literal["guardrails"] = "guardrails"
    validator: Annotated[str, Field(min_length=1, max_length=200)]
    arguments: JsonObject = Field(default_factory=dict[str, JsonValue])


class HttpCheck(Check, frozen=True):
    """An HTTP address that decides whether a text passes; see docs/guard/checks.md for the protocol."""

    runs_outside: ClassVar[bool] = True

    type: Literal["http"] = "http"
    url: PrivateUrl
    timeout_s: float = Field(default=1.0, gt=0, le=10, allow_inf_nan=False)


CHECKS: tuple[type[Check], ...] = (
    RegexCheck,
    LengthCheck,
    TopicsCheck,
    DisclaimerCheck,
    JsonSchemaCheck,
    LanguageCheck,
    GuardrailsCheck,
    HttpCheck,
)
"""Every built-in check; the type of a policy's check is derived from this tuple."""
CHECK_TYPES: tuple[str, ...] = tuple(check.model_fields["type"].default for check in CHECKS)
PLUGIN_CHECKS: Registry[CheckDeclaration] = Registry("check type", (), reserved=frozenset(CHECK_TYPES))
"""The check types of the plug-ins that this process has loaded."""


class PluginCheck(Check, frozen=True):
    """A check of a plug-in that is listed in `plugins`; the plug-in defines its arguments."""

    runs_outside: ClassVar[bool] = True

    type: Annotated[
        str,
        StringConstraints(max_length=64, pattern=ID_PATTERN),
        Field(json_schema_extra={"not": {"enum": [*CHECK_TYPES]}}),
    ]
    arguments: JsonObject = Field(default_factory=dict[str, JsonValue])


def _tag(value: Any) -> str | None:  # noqa: ANN401 - a model, or JSON of any form
    kind: Any = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    if not isinstance(kind, str):
        return None
    return kind if kind in CHECK_TYPES else PLUGIN_TAG


def unknown_type_problem(kind: str) -> str | None:
    """Why a policy cannot be published with a check of this type; None where it can."""
    if kind in CHECK_TYPES or kind in PLUGIN_CHECKS:
        return None
    known = ", ".join((*CHECK_TYPES, *PLUGIN_CHECKS))
    return f"there is no check type '{kind[:64]}'; known: {known}; others come with 'plugins'"


def _of_known_type(value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - as above
    """Refuse an unknown type, except in a published policy: this process may lack a plug-in that others have.

    Such a check leaves its texts unscanned, where a policy without it would let them pass.
    """
    kind: Any = value.get("type") if isinstance(value, dict) else None
    if isinstance(kind, str) and info.context != PUBLISHED:
        problem = unknown_type_problem(kind)
        if problem is not None:
            raise ValueError(problem)
    return value


if TYPE_CHECKING:
    AnyCheck = Check
else:
    AnyCheck = Annotated[
        Union[
            (
                *(Annotated[check, Tag(check.model_fields["type"].default)] for check in CHECKS),
                Annotated[PluginCheck, Tag(PLUGIN_TAG)],
            )
        ],
        Discriminator(_tag),
        BeforeValidator(_of_known_type),
    ]


def is_check_type(detector: str) -> bool:
    """Whether a finding's detector is the type of a policy's check, also of a plug-in's."""
    return detector in CHECK_TYPES or detector in PLUGIN_CHECKS
