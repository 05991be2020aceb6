"""The repair crosses out exactly the blocks whose part is on no disk."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from weir.local.clickhouse.repair import drop_lost_dedup_blocks


def table(store: Path, parts: Sequence[str], *logs: str) -> Path:
    folder = store / "store" / "abc" / "abc-1"
    (folder / "deduplication_logs").mkdir(parents=True)
    for number, text in enumerate(logs, start=9):
        (folder / "deduplication_logs" / f"deduplication_log_{number}.txt").write_text(text)
    for part in parts:
        (folder / part).mkdir()
    return folder / "deduplication_logs"


@pytest.mark.parametrize(
    ("parts", "lost"),
    [
        (["all_1_1_0", "all_2_2_0"], []),
        (["all_1_1_0"], ["all_2_2_0"]),
        (["all_1_1_0", "tmp_insert_all_2_2_0", "tmp_merge_all_1_2_1"], ["all_2_2_0"]),
        (["all_1_2_1"], []),
        (["all_1_5_3_7", "all_1_1_0"], []),
        (["all_1_1_0", "all_3_9_1"], ["all_2_2_0"]),
        (["202601_1_9_1"], ["all_1_1_0", "all_2_2_0"]),
        (["detached"], ["all_1_1_0", "all_2_2_0"]),
    ],
)
def test_a_block_is_there_when_a_finished_part_of_its_partition_covers_it(
    tmp_path: Path, parts: list[str], lost: list[str]
) -> None:
    logs = table(tmp_path, parts, "1\tall_1_1_0\tone\n1\tall_2_2_0\ttwo\n")

    assert drop_lost_dedup_blocks(tmp_path) == len(lost)
    assert drop_lost_dedup_blocks(tmp_path) == 0

    crossed_out = [
        line.split("\t")[1]
        for line in (logs / "deduplication_log_9.txt").read_text().splitlines()
        if line.startswith("2")
    ]
    assert crossed_out == lost


def test_logs_are_read_in_the_order_of_their_numbers_and_dropped_blocks_stay_dropped(tmp_path: Path) -> None:
    logs = table(
        tmp_path,
        ["all_3_3_0"],
        "1\tall_1_1_0\tone\n1\tall_2_2_0\ttwo\n",
        "2\tall_1_1_0\tone\n1\tall_3_3_0\tthree\n",
    )

    assert drop_lost_dedup_blocks(tmp_path) == 1

    assert (logs / "deduplication_log_10.txt").read_text().endswith("three\n2\tall_2_2_0\ttwo\n")


def test_a_new_folder_needs_no_repair(tmp_path: Path) -> None:
    assert drop_lost_dedup_blocks(tmp_path / "absent") == 0
