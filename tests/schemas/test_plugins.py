"""Loading plug-ins: what is missing, doubled, empty or broken is a PluginError that names the way out."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from schemas.metrics import METRICS, MetricDeclaration
from schemas.plugins import METRICS as GROUP
from schemas.plugins import PluginError, load_plugins
from services.evaluator.domain.metrics.types import MetricPlugin

MODULE = """
from schemas.metrics import MetricDeclaration
from services.evaluator.domain.metrics.types import MetricPlugin

async def waits(answer): return 1.0

GOOD = MetricPlugin(MetricDeclaration("polite", "score", "how polite"), len)
ASYNC = MetricPlugin(MetricDeclaration("polite", "score", "how polite"), waits)
UNDECLARED = MetricPlugin(None, len)
OTHER = MetricPlugin(MetricDeclaration("other", "score", "another id"), len)
TAKEN = MetricPlugin(MetricDeclaration("refusal", "claim", "an id of Weir's"), len)
TEXT = "no plug-in"
"""


@dataclass(frozen=True, slots=True)
class Site:
    """A folder that packages are installed in."""

    folder: Path

    def install(self, entry_points: str | bytes, name: str = "acme_x") -> None:
        info = self.folder / f"{name}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        text = entry_points if isinstance(entry_points, bytes) else entry_points.encode()
        (info / "entry_points.txt").write_bytes(text)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    (tmp_path / "acme_x_metrics.py").write_text(MODULE)
    (tmp_path / "acme_x_exits.py").write_text("raise SystemExit(0)")
    (tmp_path / "acme_x_secret.py").write_text("raise ValueError('sk-secret')")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Site(tmp_path)
    METRICS.withdraw("acme-x")


def metrics(*names: str) -> tuple[MetricPlugin, ...]:
    return load_plugins(names, GROUP, MetricPlugin, METRICS)


@pytest.mark.parametrize("name", ["acme-x", "acme_x", "Acme.X"])
def test_a_package_is_found_in_any_spelling_and_declares_its_metric(site: Site, name: str) -> None:
    site.install("[weir.metrics]\npolite = acme_x_metrics:GOOD\n")

    (plugin,) = metrics(name)

    assert METRICS["polite"] == MetricDeclaration("polite", "score", "how polite") == plugin.declaration
    assert METRICS.source_of("polite") == "acme-x"


@pytest.mark.parametrize(
    ("entry_points", "problem"),
    [
        ("", "no entry point in weir.metrics"),
        ("[console_scripts]\nx = acme_x_metrics:GOOD\n", "its groups: console_scripts"),
        ("[weir.metric]\npolite = acme_x_metrics:GOOD\n", "which is no group of Weir's"),
        ("[weir.metrics]\npolite = acme_x_metrics:GOOD\npolite = acme_x_metrics:OTHER\n", "two entry points"),
        ("[weir.metrics]\npolite = acme_x_metrics:MISSING\n", "has no attribute 'MISSING'"),
        ("[weir.metrics]\npolite = acme_x_nowhere:GOOD\n", "No module named 'acme_x_nowhere'"),
        ("[weir.metrics]\npolite = acme_x_metrics:TEXT\n", "is a str, but must be a MetricPlugin"),
        ("[weir.metrics]\npolite = acme_x_metrics:UNDECLARED\n", "must be a MetricDeclaration"),
        ("[weir.metrics]\npolite = acme_x_metrics:ASYNC\n", "must not be async"),
        ("[weir.metrics]\npolite = acme_x_metrics:OTHER\n", "declares the id 'other'"),
        ("[weir.metrics]\nrefusal = acme_x_metrics:TAKEN\n", "which weir has declared"),
        ("[weir.metrics]\npolite = acme_x_exits:GOOD\n", "SystemExit in acme_x_exits.py, line 1"),
        ("[weir.metrics]\npolite = acme_x_secret:GOOD\n", "ValueError in acme_x_secret.py, line 1"),
        ("[weir.metrics]\npolite = badvalue:\n", "cannot be"),
    ],
)
def test_what_cannot_be_loaded_is_named(site: Site, entry_points: str, problem: str) -> None:
    site.install(entry_points)

    with pytest.raises(PluginError) as refused:
        metrics("acme-x")

    assert problem in str(refused.value)
    assert "acme-x" in str(refused.value)
    assert "sk-secret" not in str(refused.value)
    assert "polite" not in METRICS


def test_metadata_that_is_no_text_is_named(site: Site) -> None:
    site.install(b"[weir.metrics]\npolite = \xff\xfe:X\n")

    with pytest.raises(PluginError, match="plug-in 'acme-x'"):
        metrics("acme-x")


def test_a_package_that_is_missing_or_named_twice_is_refused(site: Site) -> None:
    site.install("[weir.metrics]\npolite = acme_x_metrics:GOOD\n")

    with pytest.raises(PluginError, match="'nowhere' is not installed: install it beside Weir"):
        metrics("nowhere")
    with pytest.raises(PluginError, match="'acme-x' is named twice"):
        metrics("acme-x", "Acme_X")
