"""Reads files of public repositories and the tables in them."""

import csv
import gzip
import json
import subprocess
from pathlib import Path

csv.field_size_limit(10**9)


def table(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """The rows of a CSV file by column name."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def lines(text: str) -> list[dict]:
    """The objects of a file with one a line."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]


class Mirror:
    """Clones of public repositories below one folder, named OWNER+NAME; only the last commit is read."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _git(self, repository: str, *arguments: str) -> bytes:
        folder = self.root / repository.replace("/", "+")
        folder = folder / "repo" if (folder / "repo").exists() else folder
        command = ["git", "-C", str(folder), *arguments]
        return subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603 - the caller names the folder

    def text(self, repository: str, path: str) -> str:
        """One file, unpacked if its name ends in .gz."""
        content = self._git(repository, "show", f"HEAD:{path}")
        return (gzip.decompress(content) if path.endswith(".gz") else content).decode("utf-8", "replace")

    def names(self, repository: str, folder: str) -> list[str]:
        """The files below a folder."""
        return self._git(repository, "ls-tree", "-r", "--name-only", "HEAD", folder).decode("utf-8", "replace").split("\n")[:-1]
