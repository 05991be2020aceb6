"""Rotates the log files of parts while the parts keep them open."""

import shutil
from pathlib import Path

from weir.local.folders import open_private

MAX_LOG_BYTES = 20 * 1024 * 1024
MAX_KEPT_LOGS = 3
TAIL_BYTES = 8192


def rotate(log: Path, max_bytes: int = MAX_LOG_BYTES) -> bool:
    """Copy a log larger than `max_bytes` to `name.log.1` and truncate it; returns whether it did.

    Three copies are kept. The writer has the file open in append mode and continues at its new end; a line
    written between copying and truncating is lost.
    """
    if not log.exists() or log.stat().st_size <= max_bytes:
        return False
    for number in range(MAX_KEPT_LOGS - 1, 0, -1):
        older = _numbered(log, number)
        if older.exists():
            older.replace(_numbered(log, number + 1))
    with log.open("rb") as source, open_private(_numbered(log, 1), "wb") as target:
        shutil.copyfileobj(source, target)
    with log.open("r+b") as file:
        file.truncate(0)
    return True


def last_lines(log: Path, count: int = 15) -> str:
    """The last lines of a log, for an error message."""
    if not log.exists():
        return "(it wrote no log)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL_BYTES))
        text = file.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-count:])


def _numbered(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
