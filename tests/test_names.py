"""One name, one thing: class names are unique, and each module's tests are found by its name."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("schemas", "streaming", "services", "weir")
WITHOUT_LOGIC = frozenset({"__init__", "__main__", "app", "settings", "metrics", "errors", "types"})
"""Modules that hold wiring, declarations or types; the tests of what uses them are theirs too."""


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def test_a_class_name_stands_for_one_class() -> None:
    classes = defaultdict[str, list[str]](list)
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                classes[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")

    assert {name: places for name, places in classes.items() if len(places) > 1} == {}


def test_each_module_has_tests_of_its_name() -> None:
    without = []
    for path in modules():
        folder = ROOT / "tests" / path.relative_to(ROOT).parent
        named = list(folder.glob(f"test_{path.stem}.py")) + list(folder.glob(f"test_{path.stem}_*.py"))
        if path.stem not in WITHOUT_LOGIC and not named:
            without.append(path.relative_to(ROOT).as_posix())

    assert without == []
