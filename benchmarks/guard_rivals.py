"""Times presidio-analyzer and the scanners of llm-guard that need no model, on the same texts.

Installs both into a temporary virtual environment. llm-guard requires torch (gigabytes), which its rule
scanners only import, so an empty module replaces it. Without spaCy's English model, which is not on the
package index, Presidio runs its patterns alone, without names.
"""

import json
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

PRESIDIO = ("presidio-analyzer",)
LLM_GUARD = (
    "bc-detect-secrets",
    "faker",
    "fuzzysearch",
    "json-repair",
    "nltk",
    "presidio-anonymizer",
    "structlog",
    "tiktoken",
    "transformers",
)
LIMIT_S = 240


def rivals(texts: Sequence[str]) -> Iterator[str]:
    """A line for each product: CPU-ms a text, or why it was not measured."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "venv" / "bin" / "python"
        subject = Path(folder) / "texts.json"
        subject.write_text(json.dumps(list(texts)), encoding="utf-8")
        if problem := _problem([sys.executable, "-m", "venv", str(python.parents[1])]):
            yield f"presidio-analyzer, llm-guard: skipped, no virtual environment ({problem})"
            return
        pip = [str(python), "-m", "pip", "install", "-q"]
        for name, installs in (
            ("presidio", [[*pip, *PRESIDIO]]),
            ("llm-guard", [[*pip, *LLM_GUARD], [*pip, "--no-deps", "llm-guard"]]),
        ):
            if problem := next(filter(None, map(_problem, installs)), ""):
                yield f"{name}: skipped, it cannot be installed ({problem})"
                continue
            command = [str(python), __file__, name, str(subject)]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
            except subprocess.TimeoutExpired:
                yield f"{name}: skipped, it ran for more than {LIMIT_S} s"
                continue
            results = [line for line in done.stdout.splitlines() if line.startswith("CPU-ms")]
            yield (
                f"{name}: {results[-1]}"
                if results
                else f"{name}: skipped, it does not run ({_last(done.stderr)})"
            )


def _problem(command: Sequence[str]) -> str:
    """Why a command failed, or an empty text if it succeeded."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return f"more than {LIMIT_S} s"
    return _last(done.stderr) if done.returncode else ""


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1][:160]


class MissingModule(types.ModuleType):
    """A module whose attributes are all missing modules, usable as decorators."""

    def __getattr__(self, name: str) -> "MissingModule":
        """A missing module for any attribute."""
        if name.startswith("__"):
            raise AttributeError(name)
        return MissingModule(name)

    def __call__(self, *parts: object, **named: object) -> object:
        """Return a decorated function unchanged."""
        return parts[0] if len(parts) == 1 and callable(parts[0]) and not named else self

    def __bool__(self) -> bool:
        """False, so that no device seems available."""
        return False


def presidio() -> tuple[str, Callable[[str], Any]]:
    """Presidio with spaCy's small English model if it is installed, else with its patterns alone."""
    import spacy
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    name = "en_core_web_sm"
    engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": name}])
    is_whole = spacy.util.is_package(name)
    if not is_whole:
        engine.nlp = {"en": spacy.blank("en")}
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    return "patterns and names" if is_whole else "patterns alone, no names", lambda text: analyzer.analyze(
        text, language="en"
    )


def llm_guard() -> tuple[str, Callable[[str], Any]]:
    """The scanners without a model, with one phrase and one pattern each."""
    import logging

    torch = MissingModule("torch")
    torch.__spec__ = ModuleSpec("torch", None)
    sys.modules["torch"] = torch
    import structlog
    from llm_guard.input_scanners.ban_substrings import BanSubstrings
    from llm_guard.input_scanners.invisible_text import InvisibleText
    from llm_guard.input_scanners.regex import Regex
    from llm_guard.input_scanners.secrets import Secrets

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    phrases, patterns = ["ignore all previous instructions"], [r"[\w.+-]{1,64}@[\w.-]{1,255}"]
    scanners = [Secrets(), InvisibleText(), BanSubstrings(substrings=phrases), Regex(patterns=patterns)]
    return "Secrets, InvisibleText, BanSubstrings, Regex", lambda text: [
        scanner.scan(text) for scanner in scanners
    ]


def timed(name: str, subject: Path) -> None:
    """Time a product inside its own environment."""
    what, look = {"presidio": presidio, "llm-guard": llm_guard}[name]()
    texts = json.loads(subject.read_text(encoding="utf-8"))
    look(texts[0])
    started = time.process_time()
    for text in texts:
        look(text)
    print(f"CPU-ms a text {1000 * (time.process_time() - started) / len(texts):.2f} ({what})")


if __name__ == "__main__":
    timed(sys.argv[1], Path(sys.argv[2]))
