"""The provider dialects that the router speaks, by the `kind` that a provider has in `weir.yaml`."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from schemas.registry import ID_PATTERN, Registry


@dataclass(frozen=True, slots=True)
class ProviderDialect:
    """A protocol in which chat completions are requested."""

    id: str
    meaning: str


PROVIDER_DIALECTS: Registry[ProviderDialect] = Registry(
    "provider dialect",
    (
        ProviderDialect("openai", "OpenAI's chat completions, also of compatible servers"),
        ProviderDialect("anthropic", "Anthropic's Messages API"),
    ),
)


def known_dialect(kind: str) -> str:
    """The kind itself; raises ValueError where neither Weir nor a loaded plug-in declares it."""
    if kind not in PROVIDER_DIALECTS:
        known = ", ".join(PROVIDER_DIALECTS)
        msg = f"there is no provider dialect '{kind}'; known: {known}; others come with 'plugins'"
        raise ValueError(msg)
    return kind


ProviderKindName = Annotated[
    str,
    StringConstraints(max_length=64, pattern=ID_PATTERN),
    Field(
        description="the dialect: "
        + "; ".join(f"`{dialect.id}`: {dialect.meaning}" for dialect in PROVIDER_DIALECTS.values())
        + "; or one of a plug-in"
    ),
]
"""Checked against the registry once plug-ins are loaded."""
ProviderKind = Annotated[ProviderKindName, AfterValidator(known_dialect)]
