"""The plug-in types of the guard: detectors and check types."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from schemas.checks import CheckDeclaration
from schemas.detections import DetectorDeclaration, KindDeclaration
from schemas.plugins import call_problem, is_a
from services.guard.domain.checks.types import CheckResult
from services.guard.domain.detection import Detection

Arguments = Mapping[str, JsonValue]
"""The `arguments` of a check in a policy."""


@dataclass(frozen=True, slots=True)
class DetectorPlugin:
    """A detector of a plug-in package: what its entry point in `weir.detectors` names.

    `detect` gets a text and returns detections with spans in it, or of the text as a whole. It is called in
    a thread, with a time limit; where it raises, takes too long or returns something invalid, the text counts
    as unscanned, and the policy's `when_unscanned` decides. `kinds` declares kinds that Weir does not have.
    """

    declaration: DetectorDeclaration
    detect: Callable[[str], Iterable[Detection]]
    kinds: tuple[KindDeclaration, ...] = ()

    def problem(self) -> str | None:
        """What is wrong with it; None where it can be used."""
        if not is_a(self.declaration, DetectorDeclaration) or not is_a(self.declaration.kinds, frozenset):
            return "'declaration' must be a DetectorDeclaration with a frozenset of kinds"
        if not is_a(self.kinds, tuple) or not all(is_a(kind, KindDeclaration) for kind in self.kinds):
            return "'kinds' must be a tuple of KindDeclaration"
        return call_problem("detect", self.detect)


@dataclass(frozen=True, slots=True)
class CheckPlugin:
    """A check type of a plug-in package: what its entry point in `weir.checks` names.

    `run` gets a text and the check's arguments. It is called in a thread, with a time limit; where it raises
    or takes too long, the text counts as unscanned.
    """

    declaration: CheckDeclaration
    run: Callable[[str, Arguments], CheckResult]

    def problem(self) -> str | None:
        """What is wrong with it; None where it can be used."""
        if not is_a(self.declaration, CheckDeclaration):
            return "'declaration' must be a CheckDeclaration"
        return call_problem("run", self.run) or call_problem("problem", self.declaration.problem)
