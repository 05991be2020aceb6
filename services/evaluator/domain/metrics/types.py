"""The input and the result of a metric."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schemas.metrics import MetricDeclaration
from schemas.plugins import call_problem, is_a
from schemas.values import Message

LanguageOf = Callable[[str], str | None]
"""The ISO 639-1 code of a text; None where it is not certain."""


@dataclass(frozen=True, slots=True)
class EvaluatedAnswer:
    """The input of a metric: the prompt as sent to the model, the answer as stored, and why it ended.

    Personal data is masked or pseudonymised in both, according to the tenant's policy.
    """

    messages: Sequence[Message]
    output: str
    finish_reason: str | None
    language_of: LanguageOf

    @property
    def question(self) -> str:
        """The last user message; empty where there is none."""
        return next((message.content for message in reversed(self.messages) if message.role == "user"), "")


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with a label, such as the two languages that were compared."""

    value: float | None
    label: str | None = None


MetricValue = float | bool | Measured | None
"""None where the metric does not apply; a claim may be a bool."""
Measure = Callable[[EvaluatedAnswer], MetricValue]


@dataclass(frozen=True, slots=True)
class MetricPlugin:
    """A metric of an outside package: what its entry point in `weir.metrics` names.

    `measure` is called in a thread, with a time limit; where it raises or takes too long, NULL is stored.
    """

    declaration: MetricDeclaration
    measure: Measure

    def problem(self) -> str | None:
        """What is wrong with it; None where it can be used."""
        if not is_a(self.declaration, MetricDeclaration):
            return "'declaration' must be a MetricDeclaration"
        return call_problem("measure", self.measure)
