"""Benchmarks are run by hand and seldom, so at least their imports are kept in step with the code."""

import runpy
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[2] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_benchmark_finds_what_it_imports(script: Path) -> None:
    assert runpy.run_path(str(script), run_name="imported")["__doc__"]
