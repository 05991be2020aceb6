"""Measures what the guard does to ordinary texts, in which it should find nothing; a gate for each change.

    python benchmarks/guard_precision.py PATH... [--jobs 2] [--result FILE] [--before FILE]
        [--to-read FILE --lot 1000 --seed 7] [--readings FILE...] [--max-wrong 0.5] [--max-blocked 0.1]

PATH are files of JSON lines, or folders of them: `text`, and where known `id`, `kind` (of text) and `lang`.
Prints the share of texts that are changed and blocked by kind of text and language, and how many texts each
kind of detection changes. `--to-read` writes changed texts, drawn by lot, for readers; what they say comes
back as `--readings`, one file of `{"key": ..., "right": true}` a reader. A text is wrongly changed if any
reader calls a hit in it wrong; what nobody read counts like what was read. The exit status is 1 if a share is
above its maximum, or above the share in `--before`, the `--result` of an earlier build on the same texts.
"""

import argparse
import json
import random
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from benchmarks.guard_precision_readings import Hit, Precision, Readings, ScreenedText, precision
from services.guard.domain.scan.result import ScanResult
from services.guard.library import Guardian, UnscannableError

CHUNK = 64
CONTEXT_CHARS = 60
SHOWN_KINDS = 40
CHANGING = frozenset({"mask", "pseudonymise"})
MIN_TEXTS = 20_000
"""Fewer ordinary texts do not tell shares below one in a thousand apart."""


def rows_of(paths: Sequence[Path]) -> Iterator[ScreenedText]:
    """The texts of all files, not yet screened."""
    for path in paths:
        for file in sorted(path.glob("**/*.jsonl")) if path.is_dir() else [path]:
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                row = json.loads(line)
                yield ScreenedText(
                    str(row.get("id") or f"{file.name}:{number}"),
                    str(row.get("kind") or file.stem),
                    str(row.get("lang") or "?"),
                    str(row["text"]),
                )


def screened(row: ScreenedText, scan: ScanResult) -> ScreenedText:
    """The row with the hits that changed or blocked it."""
    acting = {finding.kind: finding.action for finding in scan.verdict.findings if not finding.shadow}
    hits = [Hit(span.type, span.start, span.end) for span in scan.spans if acting.get(span.type) in CHANGING]
    hits += [Hit(kind, 0, 0) for kind, action in acting.items() if action == "block"]
    return ScreenedText(
        row.id,
        row.kind,
        row.language,
        row.text,
        tuple(hits),
        is_changed=scan.texts[0] != row.text,
        is_blocked=scan.action == "block",
    )


def screen_all(rows: Iterable[ScreenedText], jobs: int) -> Iterator[ScreenedText]:
    """Screen the rows in this many processes; one that cannot be scanned counts as blocked."""
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        source, waiting = iter(rows), deque[Future[list[ScreenedText]]]()
        while chunk := list(islice(source, CHUNK)):
            waiting.append(pool.submit(_screen, chunk))
            if len(waiting) > 2 * jobs:
                yield from waiting.popleft().result()
        for future in waiting:
            yield from future.result()


@cache
def _guardian() -> Guardian:
    return Guardian.load()


def _screen(rows: Sequence[ScreenedText]) -> list[ScreenedText]:
    futures = [(row, _guardian().submit(row.text)) for row in rows]
    done: list[ScreenedText] = []
    for row, future in futures:
        try:
            done.append(screened(row, future.result()))
        except UnscannableError:
            done.append(
                ScreenedText(
                    row.id, row.kind, row.language, row.text, (Hit("UNSCANNED", 0, 0),), is_blocked=True
                )
            )
    return done


def table(texts: Sequence[ScreenedText], by: str) -> list[str]:
    """Lines with texts, changed and blocked for each value of the attribute `by`."""
    groups: dict[str, list[ScreenedText]] = {}
    for text in texts:
        groups.setdefault(getattr(text, by), []).append(text)
    lines = [f"{by:<18}{'texts':>8}{'changed':>9}{'%':>8}{'blocked':>9}{'%':>8}"]
    for name, group in [*sorted(groups.items()), ("all", list(texts))]:
        part = precision(group, Readings({}))
        lines.append(
            f"{name:<18}{len(group):>8}{part.changed.count:>9}{part.changed.percent:>8.2f}"
            f"{part.blocked.count:>9}{part.blocked.percent:>8.2f}"
        )
    return lines


def hits_by_kind(texts: Iterable[ScreenedText], readings: Readings) -> list[str]:
    """Lines with the texts that each kind of detection changes or blocks, and what readers said of it."""
    counts: Counter[str] = Counter()
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for text in texts:
        counts.update({hit.kind for hit in text.hits})
        for hit in text.hits:
            said = readings.is_right(hit.key(text.text))
            right[hit.kind] += said is True
            wrong[hit.kind] += said is False
    return [
        f"{kind:<18}{count:>8} texts   hits read: {right[kind]} right, {wrong[kind]} wrong"
        for kind, count in counts.most_common(SHOWN_KINDS)
    ]


def write_lot(texts: Sequence[ScreenedText], file: Path, count: int, seed: int) -> None:
    """Write texts drawn by lot for readers, one JSON line each, with each hit between marks."""
    drawn = random.Random(seed).sample(texts, min(count, len(texts)))
    with file.open("w", encoding="utf-8") as out:
        for text in drawn:
            hits = [
                {"key": hit.key(text.text), "kind": hit.kind, "context": _context(text.text, hit)}
                for hit in text.hits
            ]
            row = {"id": text.id, "kind": text.kind, "lang": text.language, "hits": hits}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def _context(text: str, hit: Hit) -> str:
    if hit.start == hit.end:
        return text[: 10 * CONTEXT_CHARS]
    before, value = text[max(0, hit.start - CONTEXT_CHARS) : hit.start], text[hit.start : hit.end]
    return f"{before}\u27e6{value}\u27e7{text[hit.end : hit.end + CONTEXT_CHARS]}"


def shown(result: Precision, readings: Readings) -> list[str]:
    """The lines that sum up all texts."""
    low, high = result.wrong.interval
    alike, kappa = readings.agreement()
    changed = result.changed.percent / 100
    lines = [
        (
            f"{result.changed.total} texts: changed {result.changed.percent:.2f} %, "
            f"blocked {result.blocked.percent:.3f} %"
        ),
        (
            f"{result.read.count} of {result.changed.count} changed texts were read: "
            f"{result.wrong.count} are wrongly changed"
        ),
    ]
    if alike.total:
        lines.append(f"two readers agree on {alike.percent:.1f} % of {alike.total} hits, kappa {kappa:.2f}")
    if result.wrong.total:
        lines.append(
            f"wrongly changed: {result.wrongly_changed_percent:.3f} % of all texts "
            f"(95 %: {low * changed:.3f} to {high * changed:.3f})"
        )
    return lines


def failures(result: Precision, max_wrong: float, max_blocked: float, before: Path | None) -> list[str]:
    """Why the gate fails; empty where it passes."""
    problems: list[str] = []
    if result.changed.total < MIN_TEXTS:
        problems.append(f"only {result.changed.total} texts: the gate needs {MIN_TEXTS}")
    if result.wrongly_changed_percent > max_wrong:
        problems.append(f"wrongly changed {result.wrongly_changed_percent:.3f} % is above {max_wrong} %")
    if result.blocked.percent > max_blocked:
        problems.append(f"blocked {result.blocked.percent:.3f} % is above {max_blocked} %")
    for name, share in json.loads(before.read_text(encoding="utf-8")).items() if before else ():
        now = result_shares(result)[name]
        if now > share:
            problems.append(f"{name} rose from {share:.3f} % to {now:.3f} %")
    return problems


def result_shares(result: Precision) -> dict[str, float]:
    """The shares that a later build is compared with, in percent."""
    return {"changed": result.changed.percent, "blocked": result.blocked.percent}


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and return 1 if the gate fails."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes")
    parser.add_argument("--to-read", type=Path, metavar="FILE", help="write changed texts for readers")
    parser.add_argument("--lot", type=int, default=1_000, metavar="N", help="changed texts to draw")
    parser.add_argument("--seed", type=int, default=7, help="of the lot")
    parser.add_argument("--readings", type=Path, nargs="*", default=(), metavar="FILE")
    parser.add_argument("--result", type=Path, metavar="FILE", help="write the shares")
    parser.add_argument("--before", type=Path, metavar="FILE", help="the shares of an earlier build")
    parser.add_argument("--max-wrong", type=float, default=0.5, metavar="PERCENT")
    parser.add_argument("--max-blocked", type=float, default=0.1, metavar="PERCENT")
    chosen = parser.parse_args(arguments)
    readings = Readings.read(chosen.readings)
    texts = list(screen_all(rows_of(chosen.paths), chosen.jobs))
    touched = [text for text in texts if text.is_changed or text.is_blocked]
    result = precision(texts, readings)
    lines = [*table(texts, "kind"), "", *table(texts, "language"), "", *hits_by_kind(touched, readings), ""]
    print("\n".join([*lines, *shown(result, readings)]))
    if chosen.to_read:
        write_lot(touched, chosen.to_read, chosen.lot, chosen.seed)
    if chosen.result:
        chosen.result.write_text(json.dumps(result_shares(result)) + "\n", encoding="utf-8")
    problems = failures(result, chosen.max_wrong, chosen.max_blocked, chosen.before)
    print("\n".join(f"FAILED: {problem}" for problem in problems) or "the gate passes")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
