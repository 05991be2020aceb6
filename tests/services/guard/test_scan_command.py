"""`python -m services.guard scan` as a process: order, flushing, closed pipes, policies, damaged models."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from services.guard.scan import CHUNK_LINES, ScanOptions, run
from services.guard.settings import MODELS

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]


def command(
    *arguments: str, stdin: int, stderr: int | None = None, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    asked = (sys.executable, "-m", "services.guard", "scan", *arguments)
    return subprocess.Popen(asked, cwd=ROOT, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, env=env)


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_command_answers_all_lines_in_order(jobs: int) -> None:
    texts = [
        json.dumps({"id": number, "text": f"mail {number}@example.com " * (number % 7)})
        for number in range(CHUNK_LINES * 3 + 5)
    ]
    texts[9] = "broken"
    ran = command("--jobs", str(jobs), stdin=subprocess.PIPE)
    said, _ = ran.communicate("\n".join(texts).encode())
    answers = [json.loads(line) for line in said.splitlines()]
    assert ran.returncode == 0
    assert [answer["id"] for answer in answers] == [
        None if number == 9 else number for number in range(len(texts))
    ]
    assert all(len(answer["spans"]) == answer["id"] % 7 for answer in answers if answer["id"] is not None)


def test_an_answer_comes_before_the_next_line_is_asked_for() -> None:
    ran = command(stdin=subprocess.PIPE)
    assert ran.stdin is not None
    assert ran.stdout is not None
    for number in range(3):
        ran.stdin.write(json.dumps({"id": number, "text": "hello"}).encode() + b"\n")
        ran.stdin.flush()
        assert json.loads(ran.stdout.readline())["id"] == number
    ran.stdin.close()
    assert ran.wait(20) == 0
    ran.stdout.close()


def test_a_reader_that_has_seen_enough_ends_the_scan_in_silence() -> None:
    reading, writing = os.pipe()
    ran = command(stdin=reading, stderr=subprocess.PIPE)
    assert ran.stdout is not None
    assert ran.stderr is not None
    os.write(writing, b'{"id": 1, "text": "x"}\n')
    ran.stdout.readline()
    ran.stdout.close()
    # More is never sent, and the input stays open: nothing but the closed output ends it.
    os.write(writing, b'{"id": 2, "text": "x"}\n')
    assert ran.wait(20) == 0
    assert ran.stderr.read() == b""
    ran.stderr.close()
    os.close(reading)
    os.close(writing)


def models_without(folder: Path, file: str, content: bytes | None) -> Path:
    """The file in a copy of the models that has other content, or is missing."""
    models = folder / "models"
    shutil.copytree(MODELS, models, copy_function=os.symlink)
    broken = models / "rampart" / file
    broken.unlink()
    if content is not None:
        broken.write_bytes(content)
    return broken


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    ("file", "content"),
    [("model.onnx", None), ("model.onnx", b"damaged"), ("manifest.json", b"{"), ("tokenizer.json", b"{}")],
)
def test_a_missing_or_damaged_model_is_named_and_ends_with_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    file: str,
    content: bytes | None,
    jobs: int,
) -> None:
    broken, out = models_without(tmp_path, file, content), io.StringIO()
    monkeypatch.setenv("WEIR_GUARD_MODELS", str(tmp_path / "models"))

    assert run(ScanOptions(jobs=jobs), io.BytesIO(b""), out) == 2

    complained = capfd.readouterr().err
    assert (out.getvalue(), str(broken) in complained, "Traceback" in complained) == ("", True, False)


def test_a_process_with_a_damaged_model_ends_with_2_and_says_so_on_standard_error(tmp_path: Path) -> None:
    broken = models_without(tmp_path, "model.onnx", b"damaged")
    ran = command(
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "WEIR_GUARD_MODELS": str(tmp_path / "models")},
    )
    said, complained = ran.communicate(timeout=60)
    assert (ran.returncode, said) == (2, b"")
    assert str(broken) in complained.decode()
    assert b"Traceback" not in complained


def test_a_policy_file_decides_and_a_broken_one_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, broken = tmp_path / "policy.yaml", tmp_path / "broken.yaml"
    policy.write_text("name: strict\nrules:\n  - {kind: EMAIL_ADDRESS, direction: input, action: block}\n")
    broken.write_text("name: strict\nrules:\n  - {kind: NOTHING, direction: input, action: block}\n")
    answers = answered(ScanOptions(policy), {"id": 1, "text": "me@example.com"}, {"id": 2, "text": "hello"})
    assert [(answer["action"], answer["policy"]) for answer in answers] == [
        ("block", "strict"),
        ("allow", "strict"),
    ]
    assert (
        run(ScanOptions(broken), io.BytesIO(b""), io.StringIO())
        == run(ScanOptions(tmp_path / "none.yaml"), io.BytesIO(b""), io.StringIO())
        == 2
    )
    assert "NOTHING" in capsys.readouterr().err


def answered(plan: ScanOptions, *lines: dict[str, Any]) -> Sequence[dict[str, Any]]:
    out = io.StringIO()
    assert run(plan, io.BytesIO(b"".join(json.dumps(line).encode() + b"\n" for line in lines)), out) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]
