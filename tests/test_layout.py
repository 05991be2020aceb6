"""The shape of the code: parts of services, limits of files and functions, and what must not appear."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("schemas", "streaming", "services", "weir")
PYTHON_FOLDERS = (*PACKAGES, "tests", "training", "benchmarks", "requirements", "examples")
NOT_OURS = re.compile(
    r"\.venv|\.git|\.\w+_cache|\.hypothesis|__pycache__|\.coverage.*|dist|build|.+\.egg-info"
)

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 45
NO_NAMES = frozenset(
    {"utils", "util", "helpers", "helper", "common", "manager", "processor", "data", "info", "base", "misc"}
)

REQUIRED = frozenset({"__init__.py", "__main__.py", "settings.py", "app.py", "domain"})
SHAPE = REQUIRED | {"handler.py", "adapters", "metrics.py"}
OWN_PARTS = {
    "gateway": {
        "http": "its input is HTTP, not a topic",
        "stream.py": "it publishes and reads outside the four loops",
        "outcomes": "callers wait for their outcome, and ask for it again",
        "stream_lag.py": "it refuses calls when the stream lags",
    },
    "guard": {
        "screener.py": "one screening shared by both directions",
        "models": "the weights it ships with",
        "library.py": "texts are screened in process, without a stream",
        "scan.py": "files of texts are screened without a stream",
    },
    "meter": {
        "offline.py": "recorded bodies are priced without a stream",
    },
}
"""What a service has beyond the shape, and why it is neither domain nor adapter."""

ENVIRONMENT_READERS = {
    "weir/stack/secrets.py": "the master key may be given instead of made",
    "weir/stack/parts.py": "the environment wins over the configuration file",
    "weir/config/file.py": "the state folder may be named for a whole shell",
    "weir/local/detached.py": "a child process inherits it",
    "weir/local/environment.py": "a child process gets a part of it",
    "weir/local/folders.py": "the cache folder follows the platform's rule",
}
"""Modules beside `__main__` and `settings` that may read the environment, and why."""

REGISTRY_HOST = re.compile(
    r"pypi[.]org|pythonhosted[.]org|maven[.](?:apache[.])?org|npmjs[.]org|docker[.]io|ghcr[.]io|quay[.]io|gcr[.]io"
)
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|Users|work)/\w")
REASON = r"(?: - \S|\s+# (?:noqa|pyright|type)\b)"
"""A reason, or the next directive of the line, which then has it."""
BARE_IGNORE = re.compile(
    rf"#\s*(?:ruff:\s*)?noqa(?!: [A-Z]+\d+(?:, [A-Z]+\d+)*{REASON})"
    rf"|#\s*(?:pyright: ignore|type: ignore)(?!\[[\w, -]+\]{REASON})"
)


def files() -> Iterator[Path]:
    """What belongs to the repository: all that git does not ignore, or everything in an unpacked archive."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ("git", "ls-files", "-z", "-co", "--exclude-standard"),
            cwd=ROOT,
            capture_output=True,
            check=True,
            timeout=30,
        )
        return (
            path
            for name in sorted(set(listed.stdout.decode("utf-8").split("\0")))
            if name and (path := ROOT / name).is_file()
        )
    inside = (
        path
        for path in sorted(ROOT.rglob("*"))
        if not any(NOT_OURS.fullmatch(part) for part in path.relative_to(ROOT).parts)
    )
    return (path for path in inside if path.is_file())


def texts() -> Iterator[tuple[str, str]]:
    """Every text file: its place in the repository, and its content."""
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content:
            yield place(path), content.decode("utf-8")


def modules(folders: tuple[str, ...] = PYTHON_FOLDERS) -> Iterator[tuple[str, ast.Module]]:
    """Every Python module in these folders, parsed."""
    for path in files():
        name = place(path)
        if path.suffix == ".py" and name.split("/", 1)[0] in folders:
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def services() -> list[Path]:
    return [path.parent for path in sorted((ROOT / "services").glob("*/__init__.py"))]


def reads_environment(module: ast.Module) -> bool:
    """Find `os.environ`, `os.getenv` and both imported by name."""
    for node in ast.walk(module):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "getenv"):
                return True
            case ast.ImportFrom(module="os", names=names) if {name.name for name in names} & {
                "environ",
                "getenv",
            }:
                return True
            case _:
                pass
    return False


def test_every_service_has_the_same_parts() -> None:
    found = {
        service.name: {path.name for path in service.iterdir() if not NOT_OURS.fullmatch(path.name)}
        for service in services()
    }

    missing = {name: sorted(REQUIRED - parts) for name, parts in found.items() if parts < parts | REQUIRED}
    foreign = {name: sorted(parts - SHAPE - OWN_PARTS.get(name, {}).keys()) for name, parts in found.items()}

    assert found
    assert missing == {}
    assert {name: parts for name, parts in foreign.items() if parts} == {}


def test_every_own_part_that_is_named_here_exists() -> None:
    gone = [
        f"services/{name}/{part}"
        for name, parts in OWN_PARTS.items()
        for part in parts
        if not (ROOT / "services" / name / part).exists()
    ]
    gone += [name for name in ENVIRONMENT_READERS if not (ROOT / name).exists()]

    assert gone == []


def test_a_service_says_in_one_line_what_goes_in_and_what_comes_out() -> None:
    for service in services():
        module = ast.parse((service / "__init__.py").read_text(encoding="utf-8"))
        sentence = ast.get_docstring(module) or ""

        assert len(module.body) == 1, f"{place(service)} holds more than its sentence"
        assert re.fullmatch(r"[^\n]+ in[,;] [^\n]+ out\.", sentence), f"{place(service)} says: {sentence!r}"


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name, module in modules() if module.body and not ast.get_docstring(module)]

    assert silent == []


def test_no_file_is_long() -> None:
    counted = {name: len(text.splitlines()) for name, text in texts() if name.endswith(".py")}

    assert {name: lines for name, lines in counted.items() if lines > MAX_FILE_LINES} == {}


def test_no_function_is_long() -> None:
    long = [
        f"{name}:{node.lineno} {node.name}"
        for name, module in modules()
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= MAX_FUNCTION_LINES
    ]

    assert long == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = [
        name
        for name, _ in modules()
        if NO_NAMES & {word for part in Path(name).with_suffix("").parts for word in part.split("_")}
    ]

    assert empty == []


def test_only_settings_and_entry_points_read_the_environment() -> None:
    readers = {name for name, module in modules(PACKAGES) if reads_environment(module)}

    allowed = {name for name in readers if Path(name).name in {"settings.py", "__main__.py"}}

    assert readers - allowed - ENVIRONMENT_READERS.keys() == set()


def test_no_file_names_a_registry_or_a_folder_of_one_machine() -> None:
    named = [
        f"{name}:{number} {found[0]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if (found := REGISTRY_HOST.search(line) or MACHINE_PATH.search(line))
    ]

    assert named == []


def test_a_silenced_rule_is_named_and_has_its_reason() -> None:
    bare = [
        f"{name}:{number} {line.strip()}"
        for name, text in texts()
        if name.endswith(".py")
        for number, line in enumerate(text.splitlines(), start=1)
        if BARE_IGNORE.search(line)
    ]

    assert bare == []


def test_no_rule_of_the_linter_is_off_without_a_reason() -> None:
    config = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    linter = config[config.index("[tool.ruff.lint]") : config.index("[tool.ruff.lint.pylint]")]

    bare = [
        line.strip()
        for line in linter.splitlines()
        if re.match(r'\s+"[A-Z]+\d*",', line) and "# " not in line
    ]

    assert bare == []


def test_no_test_is_skipped_and_nothing_is_patched() -> None:
    dodged = [
        f"{name}:{node.lineno} {node.attr}"
        for name, module in modules(("tests",))
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute)
        and node.attr in {"skip", "skipif", "xfail", "importorskip", "patch"}
    ]
    imported = [
        name
        for name, text in texts()
        if name.endswith(".py")
        and re.search(r"^\s*(?:from unittest import mock|(?:from|import) unittest\.mock)", text, re.MULTILINE)
    ]

    assert dodged + imported == []


def test_the_folders_of_tests_mirror_the_packages() -> None:
    beside = {"integration", "e2e", "chaos", "security", "deploy", "benchmarks", "examples"}

    tested = {
        path.parent.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").rglob("test_*.py")
    } - {"."}
    strays = {
        folder
        for folder in tested
        if folder.split("/", 1)[0] not in beside and not (ROOT / folder / "__init__.py").exists()
    }

    assert strays == set()
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_pinned_requirements_hold_hashes_and_no_address() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        pins = [line for line in text.splitlines() if line and not line.startswith(" ")]

        assert pins
        assert all(re.match(r"[\w.-]+==\S+ .*\\$", line) for line in pins), (
            f"{place(path)} has a requirement without hashes"
        )
        assert "://" not in text
