"""Declarations by id: unique, bounded, and each with exactly one implementation."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from schemas.checks import CHECKS
from schemas.detections import DETECTORS
from schemas.metrics import METRICS
from schemas.providers import PROVIDER_DIALECTS
from schemas.registry import BUILT_IN, Registry, RegistryError, implementations
from services.evaluator.domain import metrics
from services.guard.domain import checks
from services.guard.domain.pii.national_ids import NATIONAL_ID_FORMATS
from services.guard.domain.pii.recogniser import LAST_RANK
from services.guard.domain.pii.registry import recognisers
from services.router.adapters import providers

GUARD = Path(__file__).parents[2] / "services" / "guard"
FOUND_BY_MODELS_ONLY = {"LOCATION", "PUBLIC_FIGURE"}


@dataclass(frozen=True, slots=True)
class Named:
    id: str


def test_every_declared_metric_has_one_implementation_and_none_is_undeclared() -> None:
    built_in = {key for key in METRICS if METRICS.source_of(key) == BUILT_IN}

    assert implementations(metrics, "MEASURES").keys() == built_in


def test_every_declared_detector_is_named_by_the_guard() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in GUARD.rglob("*.py"))

    assert [key for key in DETECTORS if f'"{key}"' not in text] == []


def test_every_declared_dialect_has_one_implementation() -> None:
    assert implementations(providers, "DIALECTS").keys() == PROVIDER_DIALECTS.keys()


def test_every_check_that_runs_inside_the_guard_has_one_implementation() -> None:
    inside = {check.model_fields["type"].default for check in CHECKS if not check.runs_outside}

    assert implementations(checks, "RUNNERS").keys() == inside


def test_every_recogniser_finds_a_declared_kind_and_ranks_decide_between_all() -> None:
    found = recognisers()

    kinds = {recogniser.kind for recogniser in found} | {id_format.kind for id_format in NATIONAL_ID_FORMATS}
    assert DETECTORS["rules"].kinds - kinds == FOUND_BY_MODELS_ONLY
    assert kinds - DETECTORS["rules"].kinds == set()
    ranks = [recogniser.rank for recogniser in found if recogniser.rank < LAST_RANK]
    assert len(set(ranks)) == len(ranks)


@pytest.mark.parametrize("key", ["", "Upper", "with space", "x" * 65, "-first", "päckchen", "a\n"])
def test_an_id_is_bounded(key: str) -> None:
    with pytest.raises(RegistryError, match="cannot be the id of a thing"):
        Registry("thing", (Named(key),))


def test_two_sources_cannot_declare_one_id_but_one_may_repeat_itself() -> None:
    registry = Registry("thing", (Named("a"),))
    registry.declare(Named("b"), "acme")
    registry.declare(Named("b"), "acme")

    with pytest.raises(RegistryError, match="other declares the thing 'b', which acme has declared"):
        registry.declare(Named("b"), "other")
    with pytest.raises(RegistryError, match="acme declares the thing 'a', which weir has declared"):
        registry.declare(Named("a"), "acme")

    registry.withdraw("acme")
    assert list(registry) == ["a"]
