"""A missing or changed model never scores: the service does not start, or reports each text as unscanned."""

import shutil
from pathlib import Path

import orjson
import pytest

from schemas.attacks import KnownAttack
from schemas.policies import PolicyDocument
from services.guard.adapters.known_attacks import KnownAttacks
from services.guard.adapters.model_files import ModelFileError, open_folder
from services.guard.adapters.rule_threads import RuleThreadPool
from services.guard.app import detectors
from services.guard.domain.types import ScreeningContext, TextSegment
from services.guard.screener import Screener
from services.guard.settings import GuardSettings
from streaming.seal.seal import Sealer, new_key
from streaming.state.table import Table

STAND_IN = Path(__file__).parents[1] / "models" / "encoder"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STAND_IN, tmp_path / "encoder"))


def rewritten(folder: Path, change: dict[str, object]) -> None:
    path = folder / "manifest.json"
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), **change}))


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "linear.npz"])
def test_a_file_with_one_other_byte_is_damaged_by_name(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ModelFileError, match=rf"{name} is damaged"):
        open_folder(folder).content(name)


def test_a_missing_file_is_named_with_the_way_out(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    with pytest.raises(ModelFileError, match=r"model\.onnx cannot be read .* set WEIR_GUARD_MODELS"):
        open_folder(folder).session()
    with pytest.raises(ModelFileError, match=r"manifest\.json cannot be read"):
        open_folder(folder / "nowhere")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"sha256": 1}', b"\xff"])
def test_a_manifest_that_is_none_is_damaged(folder: Path, content: bytes) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(ModelFileError, match=r"manifest\.json is damaged"):
        open_folder(folder)


def test_a_file_without_a_hash_is_not_read(folder: Path) -> None:
    rewritten(folder, {"sha256": {}})
    with pytest.raises(ModelFileError, match=r"model\.onnx is not named"):
        open_folder(folder).content("model.onnx")


NO_ATTACKS = KnownAttacks(Table(KnownAttack), Sealer.from_text(new_key()))


def settings(models: Path, *, may_start: bool) -> GuardSettings:
    return GuardSettings.model_validate(
        {"seal_key": new_key(), "guard_models": models, "guard_start_without_models": may_start}
    )


def test_the_service_does_not_start_without_its_models(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"manifest\.json cannot be read"):
        detectors(settings(tmp_path, may_start=False), NO_ATTACKS, RuleThreadPool())


async def test_where_it_may_start_the_policy_decides_about_every_text_that_nobody_looked_at(
    tmp_path: Path,
) -> None:
    screener = Screener(detectors(settings(tmp_path, may_start=True), NO_ATTACKS, RuleThreadPool()))
    blocking = await screener.screen([TextSegment("Good morning.")], ScreeningContext("input"))
    allowing = await screener.screen(
        [TextSegment("Good morning.")],
        ScreeningContext("input", PolicyDocument(name="acme", when_unscanned="allow")),
    )
    assert (blocking.verdict.action, blocking.verdict.reason) == (
        "block",
        "UNSCANNED found by guard (score 1.00)",
    )
    assert allowing.verdict.action == "allow"
    (finding,) = [one for one in allowing.verdict.findings if one.kind == "UNSCANNED"]
    assert (finding.detector, finding.action) == ("guard", "flag")
    assert "rampart@missing" in allowing.verdict.models
