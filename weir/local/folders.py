"""Where the local stack keeps what it fetched (shared by all state folders) and how it claims a folder for one process."""

import contextlib
import fcntl
import os
import stat
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO, Literal

from weir.local.errors import FolderBusyError

PRIVATE_UMASK = 0o077
STATE_NAMES = ("kafka", "clickhouse", "logs", "secrets", "stack.json", "stack.lock")
"""What a state folder holds."""


def cache_folder() -> Path:
    """Return `$XDG_CACHE_HOME/weir` or `~/.cache/weir`: jars are fetched once for all state folders."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(configured) if configured else Path.home() / ".cache") / "weir"


def set_private_umask() -> None:
    """Let this process and its children make files and folders for their owner alone, whatever the shell says."""
    os.umask(PRIVATE_UMASK)


def make_private(home: Path) -> None:
    """Make a state folder and what the stack keeps in it the owner's alone, also what an older version has left open.

    Whatever else lies there is left as it is, and so is a folder that many share, such as `/tmp`.
    """
    private_folder(home)
    if not home.stat().st_mode & stat.S_ISVTX:
        _restrict_to_owner(home)
    for name in STATE_NAMES:
        _restrict_to_owner(home / name)
        for folder, names, files in os.walk(home / name):
            for inside in (*names, *files):
                _restrict_to_owner(Path(folder, inside))


def _restrict_to_owner(path: Path) -> None:
    # A link's own mode means nothing, and what it points to may lie elsewhere; a file may be gone since it was listed.
    with contextlib.suppress(FileNotFoundError):
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and mode & PRIVATE_UMASK:
            path.chmod(stat.S_IMODE(mode) & ~PRIVATE_UMASK)


def private_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, each for its owner alone."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)


def open_private(path: Path, mode: Literal["ab", "wb"]) -> IO[bytes]:
    """Open a file for writing, and make it for its owner alone where it is missing."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if mode == "ab" else os.O_TRUNC)
    return os.fdopen(os.open(path, flags, 0o600), mode)


def _open_lock(path: Path) -> IO[str]:
    private_folder(path.parent)
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+", encoding="utf-8")


def write_atomically(path: Path, text: str) -> None:
    """Replace a file in one step, so that a reader or a crash never meets half of it; it is the owner's alone."""
    private_folder(path.parent)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with open_private(fresh, "wb") as file:
        file.write(text.encode())
    fresh.replace(path)


def load_or_create_secret(path: Path, make: Callable[[], str]) -> str:
    """A secret of the state folder; the first call makes it, and of two at the same time both get the same one."""
    if not path.exists():
        private_folder(path.parent)
        fresh = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{make()}\n")
        # A link appears with its whole content, and never over one that is there.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text(encoding="utf-8").strip()


def try_lock(path: Path) -> IO[str] | None:
    """Lock a file until it is closed or its process dies, or return None if another process holds it."""
    file = _open_lock(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def lock_with_pid(path: Path, owner: str) -> IO[str]:
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
    with _open_lock(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
