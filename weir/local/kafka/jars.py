"""Downloads Kafka's jars once, each checked against its pinned SHA-256; the folder is complete or absent."""

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import requests
from jgo.maven import MavenContext, PythonResolver
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from weir.local.errors import DownloadError
from weir.local.folders import locked

VERSION = "4.1.1"
PINS = Path(__file__).with_name("jars.sha256")
HTTP_TIMEOUT_S = 60
ATTEMPTS = 4

Progress = Callable[[int, int, str], None]
"""Called with the number of finished jars, the number of all jars, and the name of the last one."""


def no_progress(_done: int, _total: int, _name: str) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One pinned artifact."""

    group: str
    name: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The file name, with the group, because all jars are in one folder."""
        return f"{self.group}.{self.name}-{self.version}.jar"


def pinned_jars() -> Sequence[Jar]:
    """The pinned jars, from lines of `sha256  group:artifact:version`."""
    lines = [line.split() for line in PINS.read_text(encoding="utf-8").splitlines()]
    return [Jar(*coordinate.split(":"), sha256=digest) for digest, coordinate in lines]


def jars_folder(cache: Path) -> Path:
    """The folder of the jars, named by version and pins, so that a change of either gives a new folder."""
    pins = hashlib.sha256(PINS.read_bytes()).hexdigest()[:12]
    return cache / f"kafka-{VERSION}-{pins}"


def jars_are_present(cache: Path) -> bool:
    """Whether a start needs no download."""
    return jars_folder(cache).is_dir()


def fetch_jars(cache: Path, progress: Progress = no_progress, repository: str | None = None) -> Path:
    """Return the folder with all jars, downloading missing ones; an interrupted run keeps its finished jars.

    `repository` is the address of a Maven mirror; the default is Maven Central. Raises DownloadError.
    """
    folder = jars_folder(cache)
    if folder.is_dir():
        return folder
    with locked(cache / "kafka.lock"):
        # Another process may have finished while this one waited.
        if not folder.is_dir():
            partial = folder.with_suffix(".partial")
            _fetch_all(partial, progress, repository)
            shutil.rmtree(partial / "m2", ignore_errors=True)
            partial.rename(folder)
    return folder


def _fetch_all(partial: Path, progress: Progress, repository: str | None) -> None:
    remotes = {"mirror": repository} if repository else None
    context = MavenContext(
        repo_cache=partial / "m2",
        resolver=PythonResolver(),
        remote_repos=remotes,
        local_repos=[],
        timeout=HTTP_TIMEOUT_S,
    )
    jars = pinned_jars()
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="jars") as pool:
        fetches = {pool.submit(_fetch, context, jar, partial): jar for jar in jars}
        try:
            for done, fetch in enumerate(as_completed(fetches), start=1):
                fetch.result()
                progress(done, len(jars), fetches[fetch].file_name)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _fetch(context: MavenContext, jar: Jar, partial: Path) -> None:
    target = partial / jar.file_name
    if target.exists():
        return
    retries = Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(multiplier=0.5, max=8),
        retry=retry_if_exception_type((DownloadError, requests.RequestException, OSError)),
        reraise=True,
    )
    try:
        retries(_fetch_once, context, jar, target)
    except (requests.RequestException, OSError, RuntimeError) as error:
        problem = f"Kafka's {jar.file_name} could not be fetched ({error})"
        message = f"{problem}: check the connection and run the same command again"
        raise DownloadError(message) from error


def _fetch_once(context: MavenContext, jar: Jar, target: Path) -> None:
    artifact = context.project(jar.group, jar.name).at_version(jar.version).artifact()
    fetched = artifact.resolve()
    digest = hashlib.sha256(fetched.read_bytes()).hexdigest()
    if digest != jar.sha256 or not zipfile.is_zipfile(fetched):
        # The next attempt would use an incomplete download again unless it is deleted.
        fetched.unlink()
        problem = f"{jar.file_name} has SHA-256 {digest}, pinned is {jar.sha256}"
        message = f"{problem}: the download was cut or the mirror serves another file"
        raise DownloadError(message)
    fetched.rename(target)
