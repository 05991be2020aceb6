"""Jars come complete and as pinned, whatever happens on the way."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from typing_extensions import override

from weir.local.errors import DownloadError
from weir.local.folders import cache_folder
from weir.local.kafka import jars
from weir.local.kafka.jars import Jar, fetch_jars, jars_are_present, pinned_jars


class FlakyMirror(SimpleHTTPRequestHandler):
    """A Maven repository on disk that cuts the first answer for each jar in half."""

    cut: ClassVar[set[str]] = set()
    requests: ClassVar[list[str]] = []

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        if not file.exists():
            self.send_error(404)
            return
        self.requests.append(self.path)
        body = file.read_bytes()
        if self.path not in self.cut:
            self.cut.add(self.path)
            body = body[: len(body) // 2]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the three smallest jars as a Maven repository and pin only these."""
    source = fetch_jars(cache_folder())
    small: list[Jar] = sorted(pinned_jars(), key=lambda jar: (source / jar.file_name).stat().st_size)[:3]
    for jar in small:
        folder = tmp_path / "mirror" / jar.group.replace(".", "/") / jar.name / jar.version
        folder.mkdir(parents=True)
        (folder / f"{jar.name}-{jar.version}.jar").write_bytes((source / jar.file_name).read_bytes())
    pins = tmp_path / "pins"
    pins.write_text("".join(f"{jar.sha256}  {jar.group}:{jar.name}:{jar.version}\n" for jar in small))
    monkeypatch.setattr(jars, "PINS", pins)
    FlakyMirror.cut, FlakyMirror.requests = set(), []
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(FlakyMirror, directory=str(tmp_path / "mirror")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_cut_download_is_noticed_and_fetched_again(tmp_path: Path, mirror: str) -> None:
    seen: list[tuple[int, int]] = []

    folder = fetch_jars(tmp_path / "cache", lambda done, total, _name: seen.append((done, total)), mirror)

    assert sorted(file.name for file in folder.iterdir()) == sorted(jar.file_name for jar in pinned_jars())
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_an_interrupted_run_keeps_its_good_jars_and_never_looks_complete(tmp_path: Path, mirror: str) -> None:
    class InterruptedDownloadError(Exception):
        pass

    def interrupt(done: int, _total: int, _name: str) -> None:
        if done == 2:
            raise InterruptedDownloadError

    with pytest.raises(InterruptedDownloadError):
        fetch_jars(tmp_path / "cache", interrupt, mirror)
    assert not jars_are_present(tmp_path / "cache")
    before = len(FlakyMirror.requests)

    fetch_jars(tmp_path / "cache", repository=mirror)

    assert jars_are_present(tmp_path / "cache")
    assert len(FlakyMirror.requests) - before <= 2


def test_a_second_start_asks_nobody(tmp_path: Path, mirror: str) -> None:
    fetch_jars(tmp_path / "cache", repository=mirror)
    before = len(FlakyMirror.requests)

    fetch_jars(tmp_path / "cache", repository=mirror)

    assert len(FlakyMirror.requests) == before


def test_a_jar_that_is_not_the_pinned_one_is_refused(
    tmp_path: Path, mirror: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "ATTEMPTS", 2)
    other = next((tmp_path / "mirror").rglob("*.jar"))
    other.write_bytes(b"something else")

    with pytest.raises(DownloadError, match="pinned is"):
        fetch_jars(tmp_path / "cache", repository=mirror)
    assert not jars_are_present(tmp_path / "cache")


def test_every_pin_is_a_full_coordinate_with_a_checksum() -> None:
    jars = pinned_jars()

    assert len({jar.file_name for jar in jars}) == len(jars) == 46
    assert all(len(jar.sha256) == 64 for jar in jars)
