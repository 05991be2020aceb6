"""Looks for known vulnerabilities of the pinned requirements where a vulnerability service answers, and says so where none does."""

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
ANSWER_S = 5
PROBE_S = 8.0
WHOLE_S = 28.0
WORDS = 200


@dataclass(frozen=True, slots=True)
class Accepted:
    """A vulnerability that is known and lived with until a day."""

    vulnerability: str
    reason: str
    until: date


class NoAnswerError(Exception):
    """No vulnerability service answers, or not in time."""


def main(words: Sequence[str]) -> int:
    """Audit; 1 where something is found or the list of exceptions is wrong, 0 also where nobody answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--accepted", type=Path, default=HERE / "accepted.toml", help="vulnerabilities that are lived with"
    )
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        default=[HERE / name for name in PINNED],
        help="requirement files with pinned versions",
    )
    chosen = parser.parse_args(words)
    try:
        accepted = accepted_today(chosen.accepted, datetime.now(UTC).date())
        report = audited(chosen.files, [each.vulnerability for each in accepted])
    except ValueError as error:
        print(f"dependency audit: {error}")
        return 1
    except NoAnswerError as error:
        print(
            f"dependency audit: {error}; nothing is known about the pinned requirements, and the check goes on"
        )
        return 0
    return told(report)


def accepted_today(path: Path, today: date) -> list[Accepted]:
    """The exceptions that still count; raises ValueError for one without id, reason or day."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("accepted", [])
    return [entry for entry in map(_accepted, entries) if entry.until >= today]


def _accepted(entry: Mapping[str, Any]) -> Accepted:
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
    return Accepted(vulnerability, reason, until)


def audited(files: Sequence[Path], ignored: Sequence[str]) -> list[dict[str, Any]]:
    """What the service knows of each pinned package; raises NoAnswerError. One package is asked for first, so that silence costs seconds."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / "probe.txt"
        probe.write_text(_first_requirement(files[0]), encoding="utf-8")
        if any("skip_reason" in package for package in _asked([probe], ignored, PROBE_S)):
            raise NoAnswerError("the vulnerability service does not know a package that is installed here")
    return _asked(files, ignored, WHOLE_S - (time.monotonic() - started))


def _first_requirement(path: Path) -> str:
    """The first pinned package with its hashes."""
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next((number for number, line in enumerate(lines) if not line.endswith("\\")), len(lines))
    return "\n".join(lines[: end + 1]) + "\n"


def _asked(files: Sequence[Path], ignored: Sequence[str], limit_s: float) -> list[dict[str, Any]]:
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
        f"--timeout={ANSWER_S}",
        *options,
    )
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise NoAnswerError(f"no answer from the vulnerability service within {limit_s:.0f} s") from error
    try:
        return list(json.loads(ended.stdout)["dependencies"])
    except (ValueError, KeyError, TypeError) as error:
        last = (ended.stderr.strip().splitlines() or ["without a word"])[-1][:WORDS]
        raise NoAnswerError(f"no vulnerability service answers here ({last})") from error


def told(report: Sequence[Mapping[str, Any]]) -> int:
    """Print what was found; 1 where there is anything."""
    found = list(_findings(report))
    unknown = [str(package["name"]) for package in report if "skip_reason" in package]
    for line in found:
        print(line)
    audited_count = len(report) - len(unknown)
    print(
        f"dependency audit: {audited_count} packages, {len(found)} known vulnerabilities"
        + (f"; not known: {', '.join(unknown)}" if unknown else "")
    )
    return 1 if found else 0


def _findings(report: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for package in report:
        for known in package.get("vulns", ()):
            fixed = ", ".join(known.get("fix_versions", ())) or "no version so far"
            yield f"{package['name']} {package['version']}: {known['id']}, fixed in {fixed}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
