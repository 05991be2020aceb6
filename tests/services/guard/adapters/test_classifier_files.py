"""The classifier's calibration and linear tier are read from a model folder, or the folder is refused."""

import hashlib
import shutil
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import orjson
import pytest

from services.guard.adapters.classifier_files import HEADS, classifier_card
from services.guard.adapters.model_files import ModelFileError, open_folder
from services.guard.domain.classifier.features import BUCKETS
from services.guard.settings import MODELS

STAND_IN = Path(__file__).parents[1] / "models" / "encoder"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STAND_IN, tmp_path / "encoder"))


def rewrite(folder: Path, change: Mapping[str, object]) -> None:
    path = folder / "manifest.json"
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), **change}))


def head_of(folder: Path) -> dict[str, object]:
    return orjson.loads((folder / "manifest.json").read_bytes())["heads"]["toxicity"]


def replace_linear(folder: Path, content: bytes) -> None:
    (folder / "linear.npz").write_bytes(content)
    hashes = orjson.loads((folder / "manifest.json").read_bytes())["sha256"]
    rewrite(folder, {"sha256": {**hashes, "linear.npz": hashlib.sha256(content).hexdigest()}})


def zipped(**arrays: object) -> bytes:
    file = BytesIO()
    np.savez(file, allow_pickle=False, **{name: np.asarray(array) for name, array in arrays.items()})
    return file.getvalue()


@pytest.mark.parametrize("path", [STAND_IN, MODELS / "encoder"], ids=["small", "shipped"])
def test_each_head_has_its_calibration_and_a_default_that_a_score_can_reach(path: Path) -> None:
    card = classifier_card(open_folder(path))

    assert card.version.startswith("encoder@")
    assert tuple(card.heads) == HEADS
    for head in card.heads.values():
        assert head.default in head.operating_points_at(1.0)
        assert head.clear is not None
        assert head.clear.below < head.clear.above


@pytest.mark.parametrize(
    "change", [{"heads": {}}, {"heads": {"toxicity": {"points": {}}}}, {"version": None}]
)
def test_a_manifest_without_what_scores_need_is_damaged(folder: Path, change: dict[str, object]) -> None:
    rewrite(folder, change)

    with pytest.raises(ModelFileError, match=r"manifest\.json is damaged"):
        classifier_card(open_folder(folder))


@pytest.mark.parametrize("change", [{"default": "fpr_2%"}, {"points": {}}, {"clear": {"below": 0.1}}])
def test_a_head_that_could_never_find_or_decide_anything_is_damaged(
    folder: Path, change: dict[str, object]
) -> None:
    head = {**head_of(folder), **change}
    rewrite(folder, {"heads": dict.fromkeys(HEADS, head)})

    with pytest.raises(ModelFileError, match=r"manifest\.json is damaged"):
        classifier_card(open_folder(folder))


NONE = np.zeros(BUCKETS, dtype=np.float16)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is damaged"),
        (b"PK but no archive", "is damaged"),
        (zipped(toxicity=NONE), "is damaged"),
        (zipped(**dict.fromkeys(HEADS, NONE)), "is damaged"),
        (zipped(**dict.fromkeys(HEADS, NONE), **{f"{head}_bias": [1, 2] for head in HEADS}), "is damaged"),
        (
            zipped(**dict.fromkeys(HEADS, NONE[:-1]), **{f"{head}_bias": 0 for head in HEADS}),
            f"needs {BUCKETS} weights",
        ),
    ],
    ids=["empty", "no archive", "one head", "no biases", "two biases", "short"],
)
def test_weights_that_do_not_fit_are_damaged_by_name(folder: Path, content: bytes, problem: str) -> None:
    replace_linear(folder, content)

    with pytest.raises(ModelFileError, match=rf"linear\.npz .*{problem}"):
        classifier_card(open_folder(folder))


def test_the_shipped_heads_for_attacks_weigh_the_other_layers_and_the_small_ones_do_not() -> None:
    shipped, small = (classifier_card(open_folder(path)).heads for path in (MODELS / "encoder", STAND_IN))

    assert {name for name, head in shipped.items() if head.evidence} == {"injection", "indirect"}
    assert not any(head.evidence for head in small.values())
