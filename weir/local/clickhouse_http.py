"""ClickHouse's HTTP interface in front of the embedded engine: clients, curl and Grafana cannot tell it from the server."""

import json
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qsl, urlsplit

from typing_extensions import override

from weir.local import clickhouse_wire
from weir.local.clickhouse_engine import Answer, Engine, Query
from weir.local.clickhouse_errors import NOT_IMPLEMENTED, UNKNOWN_EXCEPTION, EngineError
from weir.local.clickhouse_statement import Statement, parse

MAX_BODY_BYTES = 1024**3
IDLE_TIMEOUT_S = 60
MAX_SESSION_STATEMENTS = 200
_TRANSPORT = frozenset(
    {
        "query", "database", "user", "password", "default_format", "session_id", "session_timeout", "session_check", "close_session",
        "query_id", "quota_key", "compress", "decompress", "buffer_size", "wait_end_of_query", "client_protocol_version", "role",
    }
)  # fmt: skip


@dataclass(slots=True)
class Sessions:
    """A session is the SET and USE statements it has sent; they are run again before each of its queries."""

    _statements: dict[str, tuple[float, list[str]]] = field(default_factory=dict[str, tuple[float, list[str]]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def recall(self, session: str, timeout_s: float) -> list[str]:
        """Return a session's statements and drop the sessions whose time is over."""
        now = time.monotonic()
        with self._lock:
            for name in [name for name, (until, _) in self._statements.items() if until < now]:
                del self._statements[name]
            if session not in self._statements:
                return []
            _, statements = self._statements[session]
            self._statements[session] = (now + timeout_s, statements)
            return list(statements)

    def remember(self, session: str, timeout_s: float, statement: str) -> None:
        """Add a statement that the engine has accepted."""
        with self._lock:
            _, statements = self._statements.get(session, (0.0, []))
            kept = [*(text for text in statements if text != statement), statement][-MAX_SESSION_STATEMENTS:]
            self._statements[session] = (time.monotonic() + timeout_s, kept)


class ClickHouseServer(ThreadingHTTPServer):
    """A thread for each connection; how many queries run at once is the engine's decision."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, engine: Engine, port: int) -> None:
        """Listen on loopback only: the engine knows no users."""
        self.engine = engine
        self.sessions = Sessions()
        super().__init__(("127.0.0.1", port), Handler)


@dataclass(frozen=True, slots=True)
class _Request:
    parameters: Mapping[str, str]
    text: bytes

    @property
    def session(self) -> str:
        return self.parameters.get("session_id", "")

    @property
    def session_timeout_s(self) -> float:
        return float(self.parameters.get("session_timeout", "60"))


class Handler(BaseHTTPRequestHandler):
    """Translate HTTP into a Query and an Answer or EngineError back into HTTP."""

    protocol_version = "HTTP/1.1"
    server_version = "weir-clickhouse"
    timeout = IDLE_TIMEOUT_S
    disable_nagle_algorithm = True
    wbufsize = -1

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: addresses hold queries, and queries hold content."""

    def do_GET(self) -> None:
        """Answer a read-only query."""
        self._serve(is_read_only=True)

    def do_HEAD(self) -> None:
        """Answer whether the interface is there."""
        self._reply(HTTPStatus.OK, b"", {})

    def do_POST(self) -> None:
        """Answer any query."""
        self._serve(is_read_only=False)

    def _serve(self, *, is_read_only: bool) -> None:
        try:
            self._answer(is_read_only=is_read_only)
        except EngineError as error:
            self._reply_error(error)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except ValueError as error:
            # A malformed request: its length is unknown, so nothing more can be read from this connection.
            self.close_connection = True
            self._reply_error(EngineError(UNKNOWN_EXCEPTION, f"Malformed request: {error}"), HTTPStatus.BAD_REQUEST)

    def _answer(self, *, is_read_only: bool) -> None:
        address = urlsplit(self.path)
        body = clickhouse_wire.decode(self._read_body(), self.headers.get("Content-Encoding"))
        # A page in this machine's browser can post to loopback, and the engine asks for no password.
        origin = self.headers.get("Origin")
        if origin and urlsplit(origin).hostname not in {"127.0.0.1", "localhost"}:
            self._reply(HTTPStatus.FORBIDDEN, b"Pages of other sites are refused\n", {})
            return
        if address.path not in {"/", "/query", "/ping", "/replicas_status"}:
            self._reply(HTTPStatus.NOT_FOUND, b"There is no handle " + address.path.encode() + b"\n", {})
            return
        request = self._request(dict(parse_qsl(address.query, keep_blank_values=True)), body)
        if address.path in {"/ping", "/replicas_status"} or not request.text.strip():
            self._reply(HTTPStatus.OK, b"Ok.\n", {})
            return
        statement = parse(request.text)
        server = cast("ClickHouseServer", self.server)
        query = self._query(request, statement, server.sessions.recall(request.session, request.session_timeout_s), is_read_only=is_read_only)
        answer = server.engine.run(query)
        if statement.changes_session and request.session:
            server.sessions.remember(request.session, request.session_timeout_s, statement.text.decode())
        self._reply_answer(request, query, answer)

    def _request(self, parameters: dict[str, str], body: bytes) -> _Request:
        if parameters.get("decompress") == "1" or parameters.get("compress") == "1":
            raise EngineError(NOT_IMPLEMENTED, "compress and decompress are not supported, use HTTP's encodings. (NOT_IMPLEMENTED)")
        if "multipart/form-data" in self.headers.get("Content-Type", ""):
            parameters |= self._form_fields(body)
            body = b""
        sql = parameters.get("query", "").encode()
        return _Request(parameters, sql + b"\n" + body if sql and body else sql or body)

    def _query(self, request: _Request, statement: Statement, before: list[str], *, is_read_only: bool) -> Query:
        parameters = request.parameters
        asked = parameters.get("default_format") or self.headers.get("X-ClickHouse-Format") or "TabSeparated"
        return Query(
            statement=statement,
            format=statement.format or asked,
            settings={name: value for name, value in parameters.items() if name not in _TRANSPORT and not name.startswith("param_")},
            parameters={name.removeprefix("param_"): value for name, value in parameters.items() if name.startswith("param_")},
            database=parameters.get("database") or self.headers.get("X-ClickHouse-Database") or "",
            before=before,
            is_read_only=is_read_only,
        )

    def _form_fields(self, body: bytes) -> dict[str, str]:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        fields: dict[str, str] = {}
        for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
            if part.get_filename():
                raise EngineError(NOT_IMPLEMENTED, "External tables are not supported by the embedded engine. (NOT_IMPLEMENTED)")
            name = part.get_param("name", header="content-disposition")
            fields[str(name)] = cast("bytes", part.get_payload(decode=True)).decode()
        return fields

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        length = int(self.headers.get("Content-Length") or 0)
        return self._read_exactly(length)

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while size := int(self.rfile.readline(1024).split(b";")[0], 16):
            body += self._read_exactly(size, already=len(body))
            self.rfile.readline(1024)
        while self.rfile.readline(8192).strip():
            pass
        return bytes(body)

    def _read_exactly(self, size: int, already: int = 0) -> bytes:
        if size < 0 or size + already > MAX_BODY_BYTES:
            message = f"a body of {size + already} bytes is outside 0..{MAX_BODY_BYTES}"
            raise ValueError(message)
        body = self.rfile.read(size)
        if len(body) < size:
            # A caller that went away in the middle has inserted nothing.
            raise ConnectionResetError
        return body

    def _reply_answer(self, request: _Request, query: Query, answer: Answer) -> None:
        counts = {
            "read_rows": answer.read_rows,
            "read_bytes": answer.read_bytes,
            "written_rows": answer.written_rows,
            "written_bytes": answer.written_bytes,
            "total_rows_to_read": answer.read_rows,
            "result_rows": answer.written_rows,
            "result_bytes": len(answer.body),
            "elapsed_ns": int(answer.elapsed_s * 1e9),
        }
        headers = {
            "X-ClickHouse-Summary": json.dumps({name: str(count) for name, count in counts.items()}),
            "X-ClickHouse-Query-Id": request.parameters.get("query_id") or str(uuid.uuid4()),
            "X-ClickHouse-Timezone": "UTC",
            "X-ClickHouse-Server-Display-Name": "weir",
        }
        if query.statement.answers_rows:
            headers["X-ClickHouse-Format"] = query.format
        body, encoding = answer.body, None
        if request.parameters.get("enable_http_compression") == "1":
            body, encoding = clickhouse_wire.encode(body, self.headers.get("Accept-Encoding", ""))
        if encoding:
            headers["Content-Encoding"] = encoding
        self._reply(HTTPStatus.OK, body, headers)

    def _reply_error(self, error: EngineError, status: int | None = None) -> None:
        body = f"{error}\n".encode()
        self._reply(status or error.status, body, {"X-ClickHouse-Exception-Code": str(error.code)})

    def _reply(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
