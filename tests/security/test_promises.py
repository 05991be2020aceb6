"""`SECURITY.md` names the tests of each promise, and each test of this folder has a promise."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")

TEST_FILE = re.compile(r"`(tests/[\w/]+\.py)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def named() -> set[str]:
    return set(TEST_FILE.findall(PAGE))


def here() -> dict[str, ast.Module]:
    return {
        f"tests/security/{path.name}": ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(HERE.glob("*.py"))
    }


def test_every_test_that_the_page_names_exists() -> None:
    assert named()
    assert [name for name in sorted(named()) if not (ROOT / name).is_file()] == []


def test_every_page_that_it_links_to_exists() -> None:
    assert [target for target in LINK.findall(PAGE) if not (ROOT / target).is_file()] == []


def test_every_file_of_this_folder_is_named_there() -> None:
    assert sorted(here().keys() - named()) == []


def test_every_file_of_this_folder_says_its_promise_in_a_sentence() -> None:
    silent = [
        name
        for name, module in here().items()
        if not re.match(r"\S.{30,}[^.]\.(\n|\Z)", ast.get_docstring(module) or "")
    ]

    assert silent == []


def checks_in(module: ast.Module) -> list[str]:
    functions = [
        node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return [function.name for function in functions if function.name.startswith("test_")]


def test_every_check_of_a_promise_has_a_sentence_for_a_name() -> None:
    tests = {name: checks_in(module) for name, module in here().items() if "/test_" in name}

    assert [name for name, names in tests.items() if not names] == []
    assert [check for names in tests.values() for check in names if len(check.split("_")) < 5] == []
