"""Checks the pinned requirements for known vulnerabilities, if a vulnerability service can be reached."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PINNED = ("runtime.txt", "dev.txt", "bootstrap.txt", "model.txt")
REPLY_TIMEOUT_S = 5
PROBE_TIMEOUT_S = 8.0
AUDIT_TIMEOUT_S = 28.0
MAX_REASON_CHARS = 200


@dataclass(frozen=True, slots=True)
class AcceptedVulnerability:
    """A known vulnerability that is accepted until a day."""

    vulnerability: str
    reason: str
    until: date


class NoAnswerError(Exception):
    """No vulnerability service answers, or none in time."""


def main(arguments: Sequence[str]) -> int:
    """Audit; 1 for a vulnerability or an invalid list of exceptions, 0 also if no service answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--accepted",
        type=Path,
        default=HERE / "accepted.toml",
        help="vulnerabilities that are accepted for a time",
    )
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        default=[HERE / name for name in PINNED],
        help="requirement files with pinned versions",
    )
    options = parser.parse_args(arguments)
    try:
        accepted = accepted_today(options.accepted, datetime.now(UTC).date())
        report = audited(options.files, [exception.vulnerability for exception in accepted])
    except ValueError as error:
        print(f"dependency audit: {error}")
        return 1
    except NoAnswerError as error:
        print(
            f"dependency audit: {error}; nothing is known about the pinned requirements, "
            "and the check goes on"
        )
        return 0
    return exit_code(report)


def accepted_today(path: Path, today: date) -> list[AcceptedVulnerability]:
    """The exceptions that still apply; raises ValueError for an entry without id, reason or day."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("accepted", [])
    return [entry for entry in map(_accepted, entries) if entry.until >= today]


def _accepted(entry: Mapping[str, Any]) -> AcceptedVulnerability:
    vulnerability, reason, until = entry.get("id"), entry.get("reason"), entry.get("until")
    if not (
        isinstance(vulnerability, str)
        and vulnerability
        and isinstance(reason, str)
        and reason
        and isinstance(until, date)
    ):
        msg = f"the accepted vulnerability {vulnerability!r} needs an id, a reason and a day in `until`"
        raise ValueError(msg)
    return AcceptedVulnerability(vulnerability, reason, until)


def audited(files: Sequence[Path], ignored: Sequence[str]) -> list[dict[str, Any]]:
    """Look up each pinned package and return the service's report; raises NoAnswerError.

    One package is looked up first, so that a service that does not answer costs seconds.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / "probe.txt"
        probe.write_text(_first_requirement(files[0]), encoding="utf-8")
        if any("skip_reason" in package for package in _report([probe], ignored, PROBE_TIMEOUT_S)):
            raise NoAnswerError("the vulnerability service does not know a package that is installed here")
    return _report(files, ignored, AUDIT_TIMEOUT_S - (time.monotonic() - started))


def _first_requirement(path: Path) -> str:
    """The first pinned package with its hashes."""
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next((number for number, line in enumerate(lines) if not line.endswith("\\")), len(lines))
    return "\n".join(lines[: end + 1]) + "\n"


def _report(files: Sequence[Path], ignored: Sequence[str], limit_s: float) -> list[dict[str, Any]]:
    options = [word for path in files for word in ("--requirement", str(path))] + [
        word for name in ignored for word in ("--ignore-vuln", name)
    ]
    command = (
        sys.executable,
        "-m",
        "pip_audit",
        "--disable-pip",
        "--progress-spinner=off",
        "--format=json",
        f"--timeout={REPLY_TIMEOUT_S}",
        *options,
    )
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise NoAnswerError(f"no answer from the vulnerability service within {limit_s:.0f} s") from error
    try:
        return list(json.loads(ended.stdout)["dependencies"])
    except (ValueError, KeyError, TypeError) as error:
        last = (ended.stderr.strip().splitlines() or ["without a word"])[-1][:MAX_REASON_CHARS]
        raise NoAnswerError(f"no vulnerability service answers here ({last})") from error


def exit_code(report: Sequence[Mapping[str, Any]]) -> int:
    """Print the vulnerabilities; 1 if there is any."""
    vulnerabilities = list(_findings(report))
    unknown = [str(package["name"]) for package in report if "skip_reason" in package]
    for line in vulnerabilities:
        print(line)
    audited_count = len(report) - len(unknown)
    print(
        f"dependency audit: {audited_count} packages, {len(vulnerabilities)} known vulnerabilities"
        + (f"; not known: {', '.join(unknown)}" if unknown else "")
    )
    return 1 if vulnerabilities else 0


def _findings(report: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for package in report:
        for known in package.get("vulns", ()):
            fixed = ", ".join(known.get("fix_versions", ())) or "no version so far"
            yield f"{package['name']} {package['version']}: {known['id']}, fixed in {fixed}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
