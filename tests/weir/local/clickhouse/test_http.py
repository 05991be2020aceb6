"""The embedded ClickHouse behaves like a server to its clients."""

import asyncio
import gzip
import json
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Iterator

import clickhouse_connect
import httpx
import lz4.frame
import pyarrow as pa
import pytest
from backports import zstd
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

pytestmark = pytest.mark.integration
DEDUP_WINDOW = "SETTINGS non_replicated_deduplication_window = 1000"
Recode = Callable[[bytes], bytes]


def own_origin(url: str) -> str:
    return "http://" + url.split("@")[1]


@pytest.fixture
def client(clickhouse_url: str) -> Iterator[Client]:
    with clickhouse_connect.get_client(dsn=clickhouse_url) as connected:
        yield connected


@pytest.fixture
def table(client: Client) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex}"
    client.command(f"CREATE TABLE {name} (k UInt64, s String) ENGINE = MergeTree ORDER BY k {DEDUP_WINDOW}")
    yield name
    client.command(f"DROP TABLE {name}")


def test_ping_answers_without_touching_the_engine(clickhouse_url: str) -> None:
    assert httpx.get(f"{clickhouse_url}/ping").text == "Ok.\n"
    assert httpx.get(f"{clickhouse_url}/").text == "Ok.\n"
    assert httpx.get(f"{clickhouse_url}/nowhere").status_code == 404


def test_rows_go_in_and_come_out_with_the_normal_client(client: Client, table: str) -> None:
    summary = client.insert(table, [[1, "a"], [2, "b;\nc"]], column_names=["k", "s"])
    client.insert_arrow(table, pa.table({"k": [3], "s": ["ü"]}))

    assert summary.written_rows == 2
    assert client.query(f"SELECT * FROM {table} ORDER BY k").result_rows == [(1, "a"), (2, "b;\nc"), (3, "ü")]
    assert client.query_arrow(f"SELECT count() AS n FROM {table}").to_pylist() == [{"n": 3}]
    assert client.query(f"SELECT * FROM {table} WHERE k > 10").result_rows == []
    assert tuple(client.query(f"SELECT * FROM {table} LIMIT 0").column_names) == ("k", "s")


async def test_the_async_client_queries_in_parallel(clickhouse_url: str, table: str) -> None:
    async with await clickhouse_connect.get_async_client(
        dsn=clickhouse_url, autogenerate_session_id=False
    ) as client:
        await asyncio.gather(
            *(client.insert(table, [[number, "x"]], column_names=["k", "s"]) for number in range(20))
        )
        await client.insert_arrow(table, pa.table({"k": [99], "s": ["y"]}))
        counts = await asyncio.gather(*(client.query(f"SELECT count() FROM {table}") for _ in range(20)))

        assert [count.result_rows for count in counts] == [[(21,)]] * 20
        assert (await client.query_arrow(f"SELECT max(k) AS k FROM {table}")).to_pylist() == [{"k": 99}]


@pytest.mark.parametrize(
    "value", ["plain", 'it\'s \\ "quoted"', "tab\tand\nnewline", "ünïcode ✓", "", "x" * 100_000]
)
def test_bound_parameters_arrive_unchanged(client: Client, value: str) -> None:
    assert client.query("SELECT {value:String}", parameters={"value": value}).result_rows == [(value,)]


@pytest.mark.parametrize(
    "name",
    [
        "Native",
        "Arrow",
        "ArrowStream",
        "Parquet",
        "JSONEachRow",
        "RowBinary",
        "TabSeparated",
        "CSV",
        "JSONCompactEachRow",
    ],
)
def test_every_format_makes_the_round_trip(client: Client, table: str, name: str) -> None:
    rows = "SELECT number AS k, concat(toString(number), ';\n', char(0)) AS s FROM numbers(20000)"
    body = client.raw_query(rows, fmt=name)

    summary = client.raw_insert(table, ["k", "s"], body, fmt=name)

    assert summary.written_rows == 20_000
    expected = client.query(f"SELECT sum(cityHash64(k, s)) FROM ({rows})").result_rows
    assert client.query(f"SELECT sum(cityHash64(k, s)) FROM {table}").result_rows == expected


@pytest.mark.parametrize(
    ("encoding", "compress", "decompress"),
    [
        ("gzip", gzip.compress, gzip.decompress),
        ("deflate", zlib.compress, zlib.decompress),
        ("lz4", lz4.frame.compress, lz4.frame.decompress),
        ("zstd", zstd.compress, zstd.decompress),
    ],
)
def test_bodies_are_compressed_both_ways(
    clickhouse_url: str, table: str, encoding: str, compress: Recode, decompress: Recode
) -> None:
    body = compress(b"".join(b'{"k":%d,"s":"x"}\n' % number for number in range(1000)))
    sent = httpx.post(
        clickhouse_url,
        params={"query": f"INSERT INTO {table} FORMAT JSONEachRow"},
        content=body,
        headers={"Content-Encoding": encoding},
    )

    with httpx.stream(
        "POST",
        clickhouse_url,
        params={"enable_http_compression": "1"},
        content=f"SELECT k FROM {table} ORDER BY k",
        headers={"Accept-Encoding": encoding},
    ) as received:
        raw = b"".join(received.iter_raw())

    assert json.loads(sent.headers["X-ClickHouse-Summary"])["written_rows"] == "1000"
    assert received.headers["Content-Encoding"] == encoding
    assert decompress(raw).splitlines()[-1] == b"999"


def test_a_chunked_body_is_read_to_its_end(clickhouse_url: str, table: str) -> None:
    parts = iter([f"INSERT INTO {table} FORMAT TSV\n".encode(), b"1\ta\n", b"2\t", b"b\n"])

    assert httpx.post(clickhouse_url, content=parts).status_code == 200

    assert httpx.get(clickhouse_url, params={"query": f"SELECT count() FROM {table}"}).text == "2\n"


@pytest.mark.parametrize(
    ("sql", "status", "code"),
    [
        ("SELECT * FROM nowhere", 404, "60"),
        ("SELECT nothing", 404, "47"),
        ("SELEC 1", 400, "62"),
        ("INSERT INTO nowhere FORMAT TSV\n1\n", 404, "60"),
        ("SELECT 1 FORMAT Nonsense", 404, "73"),
        ("SELECT throwIf(1)", 500, "395"),
        (
            "SELECT sleepEachRow(0.1) FROM numbers(30) SETTINGS max_block_size = 1, max_execution_time = 0.3",
            408,
            "159",
        ),
    ],
)
def test_errors_have_clickhouses_status_and_code(
    clickhouse_url: str, sql: str, status: int, code: str
) -> None:
    answer = httpx.post(clickhouse_url, content=sql)

    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (status, code)
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")


def test_a_get_changes_nothing(clickhouse_url: str, table: str) -> None:
    answer = httpx.get(clickhouse_url, params={"query": f"DROP TABLE {table}"})

    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (403, "164")


def test_a_page_of_another_site_is_refused(clickhouse_url: str) -> None:
    for origin, status in (
        ("https://evil.example", 403),
        ("null", 403),
        ("http://localhost:3000", 403),
        (own_origin(clickhouse_url), 200),
    ):
        assert (
            httpx.post(clickhouse_url, content="SELECT 1", headers={"Origin": origin}).status_code == status
        )


def test_rows_that_do_not_fit_are_refused_as_a_whole(clickhouse_url: str, table: str) -> None:
    answer = httpx.post(
        clickhouse_url, content=f"INSERT INTO {table} FORMAT TSV\n1\ta\nb\tc\n".encode() + b"3\t\xff\n"
    )

    assert answer.status_code == 400
    assert httpx.post(clickhouse_url, content=f"SELECT count() FROM {table}").text == "0\n"


def test_headers_describe_the_answer(clickhouse_url: str) -> None:
    answer = httpx.post(
        clickhouse_url,
        params={"query_id": "mine", "default_format": "JSONEachRow"},
        content="SELECT 1 AS one",
    )

    assert answer.json() == {"one": 1}
    assert answer.headers["X-ClickHouse-Format"] == "JSONEachRow"
    assert answer.headers["X-ClickHouse-Query-Id"] == "mine"
    assert answer.headers["X-ClickHouse-Timezone"] == "UTC"


def test_settings_and_database_end_with_their_query(clickhouse_url: str) -> None:
    with httpx.Client(base_url=clickhouse_url) as http:
        question = "SELECT getSetting('max_threads'), currentDatabase()"
        before = http.post("/", content=question).text
        changed = http.post("/", params={"max_threads": "7", "database": "system"}, content=question).text
        http.post("/", content="SET max_threads = 9")

        assert changed == "7\tsystem\n"
        assert http.post("/", content=question).text == before
        assert http.post("/", params={"no_such_setting": "1"}, content="SELECT 1").status_code == 404


def test_a_session_keeps_what_it_has_set(clickhouse_url: str) -> None:
    question = "SELECT getSetting('max_threads'), currentDatabase()"
    for statement in ("SET max_threads = 5", "USE system"):
        httpx.post(clickhouse_url, params={"session_id": "mine"}, content=statement)

    assert httpx.post(clickhouse_url, params={"session_id": "mine"}, content=question).text == "5\tsystem\n"
    assert httpx.post(clickhouse_url, params={"session_id": "other"}, content=question).text != "5\tsystem\n"


def test_the_same_token_twice_counts_once_in_table_and_view(client: Client, table: str) -> None:
    client.command(
        f"CREATE TABLE {table}_sums (n UInt64) ENGINE = SummingMergeTree ORDER BY tuple() {DEDUP_WINDOW}"
    )
    client.command(
        f"CREATE MATERIALIZED VIEW {table}_view TO {table}_sums AS SELECT count() AS n FROM {table}"
    )
    rows = [[number, "x"] for number in range(100)]

    for token in ("a", "a", "b", "a", "b"):
        client.insert(table, rows, column_names=["k", "s"], settings={"insert_deduplication_token": token})

    counted = client.query(
        f"SELECT (SELECT count() FROM {table}), (SELECT sum(n) FROM {table}_sums)"
    ).result_rows
    assert counted == [(200, 200)]
    client.command(f"DROP VIEW {table}_view")
    client.command(f"DROP TABLE {table}_sums")


def test_a_long_select_holds_up_no_insert(clickhouse_url: str, table: str) -> None:
    slow = threading.Thread(
        target=httpx.post, args=(clickhouse_url,), kwargs={"content": "SELECT sleep(2)", "timeout": 10}
    )
    slow.start()
    time.sleep(0.2)

    started = time.monotonic()
    httpx.post(clickhouse_url, content=f"INSERT INTO {table} VALUES (1, 'a')")

    assert time.monotonic() - started < 1
    slow.join()


def test_an_unknown_table_is_named_by_the_client(client: Client) -> None:
    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE") as caught:
        client.query("SELECT * FROM nowhere")
    assert caught.value.code == 60
