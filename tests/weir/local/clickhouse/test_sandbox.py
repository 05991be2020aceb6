"""The engine's own configuration grants tables only, and `default` becomes an ordinary database."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from weir.local.clickhouse import vocabulary
from weir.local.clickhouse.sandbox import connection_string, replace_default


def test_the_engine_is_started_with_the_configuration_that_was_written(tmp_path: Path) -> None:
    store, _, config = connection_string(tmp_path).partition("?config-file=")

    (users,) = ET.parse(config).iter("users_xml")  # noqa: S314 - our own file

    assert (store, config) == (str(tmp_path / "store"), str(tmp_path / "config" / "config.xml"))
    assert [path.text for path in users] == [str(tmp_path / "config" / "users.xml")]
    assert (tmp_path / "config" / "users.xml").is_file()


def test_every_folder_that_functions_read_is_one_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "config" / "nothing").mkdir(parents=True)
    (tmp_path / "config" / "nothing" / "planted.csv").write_text("1")

    config = connection_string(tmp_path).partition("?config-file=")[2]

    folders = [
        Path(node.text or "")
        for node in ET.parse(config).getroot()  # noqa: S314 - our own file
        if node.tag != "user_directories"
    ]
    assert len(folders) == 5
    assert {folder: list(folder.iterdir()) for folder in folders} == {tmp_path / "config" / "nothing": []}


def test_the_user_is_granted_tables_of_the_allowed_engines_and_bounded_settings(tmp_path: Path) -> None:
    connection_string(tmp_path)

    users = ET.parse(tmp_path / "config" / "users.xml").getroot()  # noqa: S314 - our own file
    grants = [node.text or "" for node in users.iter("query")]
    engines = {grant.removeprefix("GRANT TABLE ENGINE ON ") for grant in grants[1:]}
    bounds = {
        node.tag: float(node.findtext("max") or 0)
        for constraints in users.iter("constraints")
        for node in constraints
        if node.find("max") is not None
    }

    assert engines == set(vocabulary.ENGINES)
    assert not any(word in " ".join(grants) for word in ("FILE", "URL", "S3", "REMOTE", "SYSTEM", "SOURCES"))
    assert bounds == vocabulary.BOUNDED_SETTINGS


def test_a_folder_with_characters_of_xml_is_escaped(tmp_path: Path) -> None:
    odd = tmp_path / "a<b>&c"

    config = connection_string(odd).partition("?config-file=")[2]

    paths = [node.text for node in ET.parse(config).iter("path")]  # noqa: S314 - our own file
    assert paths == [str(odd / "config" / "users.xml")]


@pytest.mark.parametrize("has_tables", [True, False])
def test_default_keeps_the_id_that_its_tables_were_made_with(tmp_path: Path, has_tables: bool) -> None:
    metadata = tmp_path / "metadata"
    metadata.mkdir()
    (metadata / "default.sql").write_text("ATTACH DATABASE default UUID 'old'")
    if has_tables:
        (tmp_path / "store" / "abc" / "abc-1").mkdir(parents=True)
        (metadata / "default").symlink_to(tmp_path / "store" / "abc" / "abc-1")
    ran: list[str] = []

    replace_default(tmp_path, ran.append)

    detach, attach = ran
    assert detach == "DETACH DATABASE default"
    assert attach.endswith("ENGINE = Atomic")
    assert ("UUID 'abc-1'" in attach) is has_tables
    assert (metadata / "default.sql").exists() is has_tables
