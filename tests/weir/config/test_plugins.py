"""Plug-ins are declared only where weir.yaml names them; a name without a package is refused."""

import sys
from collections.abc import Iterator
from importlib import invalidate_caches
from pathlib import Path

import pytest

from schemas.plugins import PluginError
from schemas.providers import PROVIDER_DIALECTS
from weir.config.plugins import declare_plugins

NAME = "weir-test-dialects"


def install(folder: Path, *dialects: str) -> None:
    """A distribution with these provider dialects, as pip leaves it in a folder."""
    metadata = folder / "weir_test_dialects-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n")
    entries = "".join(f"{dialect} = weir_test_dialects:plugin\n" for dialect in dialects)
    (metadata / "entry_points.txt").write_text(f"[weir.providers]\n{entries}")


@pytest.fixture(autouse=True)
def site(tmp_path: Path) -> Iterator[Path]:
    sys.path.insert(0, str(tmp_path))
    invalidate_caches()
    yield tmp_path
    sys.path.remove(str(tmp_path))
    PROVIDER_DIALECTS.withdraw(NAME)


def test_a_dialect_is_known_by_its_id_although_its_code_is_not_imported(site: Path) -> None:
    install(site, "parrot")

    declare_plugins([NAME])

    assert "parrot" in PROVIDER_DIALECTS
    assert "weir_test_dialects" not in sys.modules


def test_what_is_installed_but_not_named_is_not_declared(site: Path) -> None:
    install(site, "parrot")

    declare_plugins([])

    assert "parrot" not in PROVIDER_DIALECTS


def test_a_dialect_of_weir_itself_cannot_be_replaced(site: Path) -> None:
    install(site, "openai")

    with pytest.raises(PluginError, match=f"plug-in '{NAME}'.*openai"):
        declare_plugins([NAME])


def test_a_plugin_that_is_not_installed_is_named_with_the_way_out() -> None:
    with pytest.raises(PluginError, match="plug-in 'not-there' is not installed: install it beside Weir"):
        declare_plugins(["not-there"])
