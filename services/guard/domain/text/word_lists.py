"""Reads the word lists of the guard, which are text files in `services/guard/domain/data`."""

from collections.abc import Mapping
from importlib.resources import files


def read_word_list(name: str) -> tuple[str, ...]:
    """The entries of a list without sections, in the order of the file."""
    return read_sections(name)[""]


def read_sections(name: str) -> Mapping[str, tuple[str, ...]]:
    """The entries of each section of a list; a line holds an entry, a `[section]` or, after `#`, a comment.

    Entries before the first section have the section name "".
    """
    entries: dict[str, list[str]] = {"": []}
    section = ""
    text = files("services.guard.domain").joinpath("data", name).read_text(encoding="utf-8")
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[]")
            entries[section] = []
        elif line and not line.startswith("#"):
            entries[section].append(line)
    return {section: tuple(lines) for section, lines in entries.items()}
