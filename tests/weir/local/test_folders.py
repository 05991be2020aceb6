"""Files of the state folder are private, secrets are created once, and a lock names its process."""

import os
import stat
from pathlib import Path

import pytest

from weir.local.errors import FolderBusyError
from weir.local.folders import (
    cache_folder,
    load_or_create_secret,
    lock_with_pid,
    make_private,
    try_lock,
    write_atomically,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_cache_is_shared_by_all_state_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert cache_folder() == tmp_path / "weir"

    monkeypatch.delenv("XDG_CACHE_HOME")

    assert cache_folder() == Path.home() / ".cache" / "weir"


def test_a_secret_is_created_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "seal.key"

    first = load_or_create_secret(path, lambda: "first")
    second = load_or_create_secret(path, lambda: "second")

    assert (first, second) == ("first", "first")
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_a_written_file_replaces_the_old_one_and_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    write_atomically(path, "old")

    write_atomically(path, "new")

    assert path.read_text() == "new"
    assert mode(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_files_of_the_stack_become_private_and_others_keep_their_mode(tmp_path: Path) -> None:
    secret, other = tmp_path / "secrets" / "key", tmp_path / "notes.txt"
    secret.parent.mkdir()
    for path in (secret, other):
        path.write_text("x")
        path.chmod(0o644)

    make_private(tmp_path)

    assert mode(secret) == 0o600
    assert mode(secret.parent) & 0o077 == 0
    assert mode(other) == 0o644


def test_a_second_lock_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "stack.lock"

    with lock_with_pid(path, "`weir up`"):
        assert try_lock(path) is None
        with pytest.raises(FolderBusyError, match=f"another `weir up` .pid {os.getpid()}."):
            lock_with_pid(path, "`weir up`")

    lock = try_lock(path)
    assert lock is not None
    lock.close()
