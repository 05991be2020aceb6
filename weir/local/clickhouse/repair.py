"""Repairs the deduplication logs before the engine opens a folder, so that no insert is lost by a kill.

A MergeTree without replication first appends an insert's block id to `deduplication_logs` and then renames
the part into place. After a kill between the two, the engine takes the block as stored, and the same insert,
sent again, is acknowledged and dropped. For each recorded block without a part on disk, the repair therefore
appends the engine's own record for a dropped block.
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
    """The data parts on disk; finds out whether one of them contains a block, also after merges."""

    def __init__(self, parts: Iterable[_DataPart]) -> None:
        self._ranges: dict[str, tuple[list[int], list[int]]] = {}
        for part in sorted(parts, key=lambda part: part.first):
            starts, ends = self._ranges.setdefault(part.partition, ([], []))
            starts.append(part.first)
            # Block ranges of parts are nested or disjoint, so the highest end of earlier ranges is enough.
            ends.append(max(part.last, ends[-1] if ends else 0))

    def has(self, block_part: _DataPart) -> bool:
        starts, ends = self._ranges.get(block_part.partition, ([], []))
        before = bisect_right(starts, block_part.first)
        return before > 0 and ends[before - 1] >= block_part.last


def drop_lost_dedup_blocks(store: Path) -> int:
    """Drop the recorded blocks of all tables that have no part, and return their number.

    The engine must be closed.
    """
    return sum(_drop_lost_in_table(log.parent) for log in store.glob("store/*/*/deduplication_logs"))


def _drop_lost_in_table(table: Path) -> int:
    logs = sorted((table / "deduplication_logs").iterdir(), key=_number)
    if not logs:
        return 0
    stored = _DataParts(
        part for folder in table.iterdir() if folder.is_dir() and (part := _part(folder.name))
    )
    # A record whose part name cannot be parsed is left unchanged.
    lost = [
        (name, block)
        for block, name in _recorded(logs).items()
        if (part := _part(name)) and not stored.has(part)
    ]
    if lost:
        with logs[-1].open("a", encoding="utf-8") as log:
            log.writelines(f"{_DROPPED}\t{name}\t{block}\n" for name, block in lost)
    return len(lost)


def _number(log: Path) -> int:
    match = _LOG.fullmatch(log.name)
    return int(match.group(1)) if match else -1


def _part(name: str) -> _DataPart | None:
    # The engine deletes unfinished parts, which have a prefix, when it opens.
    match = None if name.startswith(("tmp_", "delete_tmp_")) else _PART.fullmatch(name)
    return _DataPart(match["partition"], int(match["first"]), int(match["last"])) if match else None


def _recorded(logs: Iterable[Path]) -> Mapping[str, str]:
    """The part name of each recorded block that was not dropped, by block id."""
    recorded: dict[str, str] = {}
    for log in logs:
        for line in log.read_text(encoding="utf-8").splitlines():
            match line.split("\t"):
                case [operation, name, block] if operation == _ADDED:
                    recorded[block] = name
                case [operation, _, block] if operation == _DROPPED:
                    recorded.pop(block, None)
                case _:
                    pass
    return recorded
