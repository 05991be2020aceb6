"""The embedded ClickHouse through kills, stops and a second owner."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import psutil
import pytest

from weir.local.parts import free_port, stop
from weir.local.stack import embedded_clickhouse, running_clickhouse

pytestmark = [pytest.mark.integration, pytest.mark.chaos]


def ask(url: str, sql: str, timeout_s: float = 20) -> str:
    answer = httpx.post(url, content=sql, timeout=timeout_s)
    answer.raise_for_status()
    return answer.text.strip()


def kill_owner(state: Path) -> None:
    psutil.Process(int((state / "clickhouse" / "owner.lock").read_text())).send_signal(signal.SIGKILL)


def test_acknowledged_inserts_survive_kill_9_in_the_middle_of_inserting(tmp_path: Path) -> None:
    port = free_port()
    acknowledged: list[int] = []
    for life in range(4):
        with running_clickhouse(tmp_path, port) as url:
            ask(url, "CREATE TABLE IF NOT EXISTS t (k UInt64) ENGINE = MergeTree ORDER BY k")
            killer = threading.Timer(0.5 + life * 0.13, kill_owner, [tmp_path])
            killer.start()
            with contextlib.suppress(httpx.HTTPError):
                for number in range(life * 100_000, (life + 1) * 100_000):
                    ask(url, f"INSERT INTO t FORMAT TSV\n{number}\n")
                    acknowledged.append(number)
            killer.join()

    with running_clickhouse(tmp_path, port) as url:
        stored = {int(line) for line in ask(url, "SELECT k FROM t").splitlines()}
        count = int(ask(url, "SELECT count() FROM t"))

    assert len(acknowledged) > 20
    assert stored >= set(acknowledged)
    # At most the one insert of each life that was cut before its answer.
    assert len(stored) == count <= len(acknowledged) + 4


def test_blocks_sent_again_after_kill_9_count_once_in_table_and_both_levels_of_views(tmp_path: Path) -> None:
    port = free_port()
    blocks = 0
    window = "SETTINGS non_replicated_deduplication_window = 10000"
    sums = f"(n UInt64) ENGINE = SummingMergeTree ORDER BY tuple() {window}"
    for life in range(5):
        with running_clickhouse(tmp_path, port) as url:
            for sql in (
                f"CREATE TABLE IF NOT EXISTS t (k UInt64) ENGINE = MergeTree ORDER BY k {window}",
                f"CREATE TABLE IF NOT EXISTS first {sums}",
                f"CREATE TABLE IF NOT EXISTS second {sums}",
                "CREATE MATERIALIZED VIEW IF NOT EXISTS to_first TO first AS SELECT count() AS n FROM t",
                "CREATE MATERIALIZED VIEW IF NOT EXISTS to_second TO second AS SELECT sum(n) AS n FROM first",
            ):
                ask(url, sql)
            killer = threading.Timer(0.4 + life * 0.11, kill_owner, [tmp_path])
            killer.start()
            with contextlib.suppress(httpx.HTTPError), httpx.Client() as http:
                while True:
                    insert = {
                        "query": "INSERT INTO t FORMAT TSV",
                        "insert_deduplication_token": f"requests:0:{blocks}",
                    }
                    http.post(url, params=insert, content="1\n2\n3\n").raise_for_status()
                    blocks += 1
            killer.join()

    with running_clickhouse(tmp_path, port) as url:
        insert = {"query": "INSERT INTO t FORMAT TSV", "insert_deduplication_token": f"requests:0:{blocks}"}
        httpx.post(url, params=insert, content="1\n2\n3\n").raise_for_status()
        counts = ask(
            url, "SELECT (SELECT count() FROM t), (SELECT sum(n) FROM first), (SELECT sum(n) FROM second)"
        )

    assert blocks > 10
    assert counts == "\t".join([str(3 * (blocks + 1))] * 3)


@pytest.mark.parametrize("lost_in", ["t", "sums"])
def test_rows_lost_between_their_token_and_their_part_come_with_the_next_attempt(
    tmp_path: Path, lost_in: str
) -> None:
    window = (
        "SETTINGS non_replicated_deduplication_window = 1000, max_bytes_to_merge_at_max_space_in_pool = 1"
    )
    inserts = [
        {"query": "INSERT INTO t FORMAT TSV", "insert_deduplication_token": token}
        for token in ("first", "second")
    ]
    with running_clickhouse(tmp_path) as url:
        ask(url, f"CREATE TABLE t (k UInt64) ENGINE = MergeTree ORDER BY k {window}")
        ask(url, f"CREATE TABLE sums (n UInt64) ENGINE = SummingMergeTree ORDER BY tuple() {window}")
        ask(url, "CREATE MATERIALIZED VIEW to_sums TO sums AS SELECT count() AS n FROM t")
        for insert in inserts:
            httpx.post(url, params=insert, content="1\n2\n3\n").raise_for_status()
        folder = Path(ask(url, f"SELECT data_paths[1] FROM system.tables WHERE name = '{lost_in}'"))
    # The state after a kill between the engine's two steps: the token is recorded, the part is temporary.
    second = next(folder.glob("all_2_2_*"))
    second.rename(folder / f"tmp_insert_{second.name}")

    with running_clickhouse(tmp_path) as url:
        for insert in [*inserts, *inserts]:
            httpx.post(url, params=insert, content="1\n2\n3\n").raise_for_status()
        assert ask(url, "SELECT (SELECT count() FROM t), (SELECT sum(n) FROM sums)") == "6\t6"


def test_tokens_of_merged_parts_are_still_known_after_a_restart(tmp_path: Path) -> None:
    insert = {"query": "INSERT INTO t FORMAT TSV"}
    tokens = [{**insert, "insert_deduplication_token": str(number)} for number in range(20)]
    for _ in range(3):
        with running_clickhouse(tmp_path) as url:
            ask(
                url,
                "CREATE TABLE IF NOT EXISTS t (k UInt64) ENGINE = MergeTree PARTITION BY k % 2 ORDER BY k "
                "SETTINGS non_replicated_deduplication_window = 1000, old_parts_lifetime = 1",
            )
            for token in tokens:
                httpx.post(url, params=token, content="1\n2\n3\n").raise_for_status()
            ask(url, "OPTIMIZE TABLE t FINAL")
            assert ask(url, "SELECT count() FROM t") == "60"


def test_a_second_owner_of_the_folder_is_told_who_has_it(tmp_path: Path) -> None:
    with running_clickhouse(tmp_path):
        command = embedded_clickhouse(tmp_path, free_port()).command
        second = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)

        owner = (tmp_path / "clickhouse" / "owner.lock").read_text()
        assert second.returncode == 1
        assert f"is in use by another ClickHouse (pid {owner})" in second.stderr


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with running_clickhouse(tmp_path / "one") as url:
        port = int(url.rsplit(":", 1)[1])
        command = [
            sys.executable,
            "-m",
            "weir.local.clickhouse",
            "--home",
            str(tmp_path / "two"),
            "--port",
            str(port),
        ]
        second = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)

        assert second.returncode == 1
        assert f"cannot listen on 127.0.0.1:{port}" in second.stderr


def test_sigterm_lets_a_running_query_finish_and_closes_the_engine(tmp_path: Path) -> None:
    answers: list[int] = []
    with running_clickhouse(tmp_path) as url:
        query = threading.Thread(
            target=lambda: answers.append(
                httpx.post(url, content="SELECT sleep(1.5)", timeout=10).status_code
            )
        )
        query.start()
        threading.Event().wait(0.4)
        os.kill(int((tmp_path / "clickhouse" / "owner.lock").read_text()), signal.SIGTERM)
        query.join()

    assert answers == [200]
    assert (tmp_path / "logs" / "clickhouse.log").read_text().endswith("clickhouse: closed\n")


def test_stopping_twice_is_harmless(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""], cwd=tmp_path)

    stop(process, 5)
    stop(process, 5)

    assert process.returncode is not None
