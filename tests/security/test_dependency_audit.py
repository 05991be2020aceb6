"""A known vulnerability of a pinned package fails `make check` if a vulnerability service answers."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
AUDIT = Path(__file__).parents[2] / "requirements" / "audit.py"
PIN = "example-package==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"
KNOWN = {
    "id": "GHSA-xxxx-yyyy-zzzz",
    "summary": "anything",
    "affected": [
        {
            "package": {"name": "example-package", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
        }
    ],
}


class VulnerabilityService(BaseHTTPRequestHandler):
    """A vulnerability service that knows one vulnerability of one version."""

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_known = query["package"]["name"] == "example-package" and query["version"] == "1.0"
        body = json.dumps({"vulns": [KNOWN]} if is_known else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the standard library
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), VulnerabilityService)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query"
    server.shutdown()
    thread.join()
    server.server_close()


def audit(folder: Path, url: str, pins: str, accepted: str = "") -> subprocess.CompletedProcess[str]:
    (folder / "pins.txt").write_text(pins, encoding="utf-8")
    (folder / "accepted.toml").write_text(accepted, encoding="utf-8")
    environment = {**os.environ, "PIP_AUDIT_VULNERABILITY_SERVICE": "osv", "PIP_AUDIT_OSV_URL": url}
    command = (
        sys.executable,
        str(AUDIT),
        "--accepted",
        str(folder / "accepted.toml"),
        str(folder / "pins.txt"),
    )
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)


def test_a_known_vulnerability_fails_the_check_and_says_what_to_install(tmp_path: Path, service: str) -> None:
    ended = audit(tmp_path, service, PIN)

    assert ended.returncode == 1
    assert "example-package 1.0: GHSA-xxxx-yyyy-zzzz, fixed in 1.1" in ended.stdout


def test_what_nothing_is_known_about_passes(tmp_path: Path, service: str) -> None:
    ended = audit(tmp_path, service, PIN.replace("1.0", "1.1"))

    assert ended.returncode == 0
    assert "1 packages, 0 known vulnerabilities" in ended.stdout


def test_an_accepted_vulnerability_passes_until_its_day_and_no_longer(tmp_path: Path, service: str) -> None:
    entry = '[[accepted]]\nid = "GHSA-xxxx-yyyy-zzzz"\nreason = "not reached"\nuntil = {}\n'

    assert audit(tmp_path, service, PIN, entry.format("2099-12-31")).returncode == 0
    assert audit(tmp_path, service, PIN, entry.format("2020-12-31")).returncode == 1


def test_an_exception_without_a_reason_or_a_day_is_refused(tmp_path: Path, service: str) -> None:
    ended = audit(tmp_path, service, PIN, '[[accepted]]\nid = "GHSA-xxxx-yyyy-zzzz"\n')

    assert ended.returncode == 1
    assert "needs an id, a reason and a day" in ended.stdout


def test_where_no_service_answers_the_check_goes_on_and_says_so_in_a_line(tmp_path: Path) -> None:
    ended = audit(tmp_path, "http://127.0.0.1:1/v1/query", PIN)

    assert ended.returncode == 0
    (line,) = ended.stdout.splitlines()
    assert line.startswith("dependency audit: no vulnerability service answers here (")
    assert line.endswith("nothing is known about the pinned requirements, and the check goes on")


def test_a_service_that_never_answers_costs_seconds(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ended = audit(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}/v1/query", PIN)

    assert ended.returncode == 0
    assert "dependency audit: no" in ended.stdout
