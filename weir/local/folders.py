"""Where the local stack keeps what it fetched (shared by all state folders) and how it claims a folder for one process."""

import contextlib
import fcntl
import os
from collections.abc import Generator
from pathlib import Path
from typing import IO

from weir.local.errors import FolderBusyError


def cache_folder() -> Path:
    """Return `$XDG_CACHE_HOME/weir` or `~/.cache/weir`: jars are fetched once for all state folders."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(configured) if configured else Path.home() / ".cache") / "weir"


def write_atomically(path: Path, text: str) -> None:
    """Replace a file in one step, so that a reader or a crash never meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def try_lock(path: Path) -> IO[str] | None:
    """Lock a file until it is closed or its process dies, or return None if another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def claim(path: Path, owner: str) -> IO[str]:
    """Lock a file for this process and write its pid into it, or say who holds it."""
    file = try_lock(path)
    if file is None:
        holder = path.read_text(encoding="utf-8").strip() or "unknown"
        message = f"{path.parent} is in use by another {owner} (pid {holder}): stop it first or choose another folder"
        raise FolderBusyError(message)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


@contextlib.contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold a file's lock, waiting for a process that has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
