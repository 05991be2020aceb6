"""Files and folders of the local stack: private modes, atomic writes, secrets and locks."""

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
"""The files and folders that the stack creates in a state folder."""


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/weir` or `~/.cache/weir`, for downloads that all state folders share."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(configured) if configured else Path.home() / ".cache") / "weir"


def set_private_umask() -> None:
    """Set the umask of this process so that new files and folders are accessible by the owner only."""
    os.umask(PRIVATE_UMASK)


def make_private(home: Path) -> None:
    """Create a state folder, and remove the access of others to it and to all files of the stack in it.

    Other files in the folder keep their modes, and so does a shared folder with sticky bit such as `/tmp`.
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
    # The mode of a link has no meaning, and its target may be outside of the folder.
    # A file may have been deleted since the folder was listed.
    with contextlib.suppress(FileNotFoundError):
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and mode & PRIVATE_UMASK:
            path.chmod(stat.S_IMODE(mode) & ~PRIVATE_UMASK)


def private_folder(path: Path) -> None:
    """Create a folder and its missing parents with mode 0700."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)


def open_private(path: Path, mode: Literal["ab", "wb"]) -> IO[bytes]:
    """Open a file for writing; a new file gets mode 0600."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if mode == "ab" else os.O_TRUNC)
    return os.fdopen(os.open(path, flags, 0o600), mode)


def _open_lock(path: Path) -> IO[str]:
    private_folder(path.parent)
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+", encoding="utf-8")


def write_atomically(path: Path, text: str) -> None:
    """Replace a file atomically, so that it is never half-written, also after a crash. It gets mode 0600."""
    private_folder(path.parent)
    new_file = path.with_name(f".{path.name}.{os.getpid()}")
    with open_private(new_file, "wb") as file:
        file.write(text.encode())
    new_file.replace(path)


def load_or_create_secret(path: Path, make: Callable[[], str]) -> str:
    """Read a secret; the first call creates it, and concurrent first calls return the same secret."""
    if not path.exists():
        private_folder(path.parent)
        new_file = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        descriptor = os.open(new_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{make()}\n")
        # A link appears with its whole content and never replaces an existing file.
        with contextlib.suppress(FileExistsError):
            os.link(new_file, path)
        new_file.unlink()
    return path.read_text(encoding="utf-8").strip()


def try_lock(path: Path) -> IO[str] | None:
    """Lock a file until it is closed or this process ends; returns None if another process has locked it."""
    file = _open_lock(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def lock_with_pid(path: Path, owner: str) -> IO[str]:
    """Lock a file and write this pid into it; raises FolderBusyError with the pid that has the lock."""
    file = try_lock(path)
    if file is None:
        holder = path.read_text(encoding="utf-8").strip() or "unknown"
        problem = f"{path.parent} is in use by another {owner} (pid {holder})"
        message = f"{problem}: stop it first or choose another folder"
        raise FolderBusyError(message)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


@contextlib.contextmanager
def locked(path: Path) -> Generator[None]:
    """Lock a file for the block, after waiting for any other process."""
    with _open_lock(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
