"""Close the engine's one gap in deduplication: a token that was written down just before a kill kept its rows from the disk.

A MergeTree without replication first appends an insert's block id to `deduplication_logs` and then renames the part into
place. A kill between the two makes the engine believe that the rows are stored, and the same insert, sent again, is
acknowledged and dropped. So before the engine opens a folder, each recorded block whose part is on no disk is crossed out
by the engine's own record for a dropped block.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_LOG = re.compile(r"deduplication_log_(\d+)\.txt")
_PART = re.compile(r"(?P<partition>[^_]+)_(?P<first>\d+)_(?P<last>\d+)_\d+(?:_\d+)?")
_ADDED, _DROPPED = "1", "2"


@dataclass(frozen=True, slots=True)
class _DataPart:
    partition: str
    first: int
    last: int


class _DataParts:
    """The parts on disk, asked whether one of them holds a block, as it was written or after merges."""

    def __init__(self, parts: Iterable[_DataPart]) -> None:
        self._ranges: dict[str, tuple[list[int], list[int]]] = {}
        for part in sorted(parts, key=lambda part: part.first):
            firsts, reaches = self._ranges.setdefault(part.partition, ([], []))
            firsts.append(part.first)
            # Ranges of parts nest or lie apart, so the farthest reach of all that begin before is enough.
            reaches.append(max(part.last, reaches[-1] if reaches else 0))

    def has(self, wanted: _DataPart) -> bool:
        firsts, reaches = self._ranges.get(wanted.partition, ([], []))
        before = bisect_right(firsts, wanted.first)
        return before > 0 and reaches[before - 1] >= wanted.last


def drop_lost_dedup_blocks(store: Path) -> int:
    """Cross out the blocks of every table that are recorded but not there, and return how many; the engine must be closed."""
    return sum(_drop_lost_in_table(log.parent) for log in store.glob("store/*/*/deduplication_logs"))


def _drop_lost_in_table(table: Path) -> int:
    logs = sorted((table / "deduplication_logs").iterdir(), key=_number)
    if not logs:
        return 0
    shelf = _DataParts(part for folder in table.iterdir() if folder.is_dir() and (part := _part(folder.name)))
    # A name that is not understood stays as it is.
    lost = [
        (name, block)
        for block, name in _recorded(logs).items()
        if (part := _part(name)) and not shelf.has(part)
    ]
    if lost:
        with logs[-1].open("a", encoding="utf-8") as log:
            log.writelines(f"{_DROPPED}\t{name}\t{block}\n" for name, block in lost)
    return len(lost)


def _number(log: Path) -> int:
    match = _LOG.fullmatch(log.name)
    return int(match.group(1)) if match else -1


def _part(name: str) -> _DataPart | None:
    # Unfinished parts carry a prefix that the engine throws away when it opens.
    match = None if name.startswith(("tmp_", "delete_tmp_")) else _PART.fullmatch(name)
    return _DataPart(match["partition"], int(match["first"]), int(match["last"])) if match else None


def _recorded(logs: Iterable[Path]) -> Mapping[str, str]:
    """Return block id to part name for what the logs still hold."""
    held: dict[str, str] = {}
    for log in logs:
        for line in log.read_text(encoding="utf-8").splitlines():
            match line.split("\t"):
                case [operation, name, block] if operation == _ADDED:
                    held[block] = name
                case [operation, _, block] if operation == _DROPPED:
                    held.pop(block, None)
                case _:
                    pass
    return held
