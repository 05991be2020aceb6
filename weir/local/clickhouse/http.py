"""ClickHouse's HTTP interface for the embedded engine, for ClickHouse's clients, curl and Grafana."""

import asyncio
import json
import re
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from weir.local.clickhouse import request_head, wire
from weir.local.clickhouse.access import DatabaseUser
from weir.local.clickhouse.bodies import BodyReader, form_fields
from weir.local.clickhouse.engine import Engine, EngineQuery, QueryResult
from weir.local.clickhouse.errors import NOT_IMPLEMENTED, UNKNOWN_EXCEPTION, EngineError
from weir.local.clickhouse.request_head import RequestHead, RequestHeadGate, RequestHeadRefusedError
from weir.local.clickhouse.sessions import MAX_TIMEOUT_S, Sessions
from weir.local.clickhouse.statement import parse

_PATHS = frozenset({"/", "/query"})
_PROBES = frozenset({"/ping", "/replicas_status"})
_PROTOCOL_PARAMETERS = frozenset(
    {
        "query", "database", "user", "password", "default_format", "session_id", "session_timeout",
        "session_check", "close_session", "query_id", "quota_key", "compress", "decompress", "buffer_size",
        "wait_end_of_query", "client_protocol_version", "role",
    }
)  # fmt: skip
"""Parameters of a request that are not settings of the query."""
_USED_DATABASE = re.compile(r"USE (?:`((?:[^`\\]|\\.)*)`|(\w+))")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class _HttpQuery:
    user: DatabaseUser
    head: RequestHead
    parameters: Mapping[str, str]
    text: bytes

    @property
    def session(self) -> tuple[DatabaseUser, str]:
        return self.user, self.parameters.get("session_id", "")

    @property
    def session_timeout_s(self) -> float:
        return min(MAX_TIMEOUT_S, float(self.parameters.get("session_timeout", "60")))


class HttpInterface:
    """The ASGI application: turns HTTP requests into EngineQuery, and results and errors into responses."""

    def __init__(self, engine: Engine, head_gate: RequestHeadGate) -> None:
        """Serve one engine; each running or waiting query has a thread, because the engine limits them."""
        self._engine = engine
        self._head_gate = head_gate
        self._sessions = Sessions()
        self._bodies = BodyReader()
        self._threads = ThreadPoolExecutor(
            engine.limits.running + engine.limits.waiting + 1, thread_name_prefix="query"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except RequestHeadRefusedError as refusal:
            response = _error_response(refusal.error, refusal.status)
            if refusal.status is HTTPStatus.UNAUTHORIZED:
                response.headers["WWW-Authenticate"] = 'Basic realm="ClickHouse"'
            # Its body was not read, so the connection cannot be used for another request.
            response.headers["Connection"] = "close"
        except EngineError as error:
            response = _error_response(error)
        except TimeoutError:
            response = _error_response(
                EngineError(UNKNOWN_EXCEPTION, "The body did not arrive in time."), HTTPStatus.REQUEST_TIMEOUT
            )
            response.headers["Connection"] = "close"
        except ClientDisconnect:
            # A client that disconnected while sending its body has inserted nothing.
            return
        except ValueError as error:
            response = _error_response(
                EngineError(UNKNOWN_EXCEPTION, f"Malformed request: {type(error).__name__}"),
                HTTPStatus.BAD_REQUEST,
            )
            response.headers["Connection"] = "close"
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        head = request_head.read(
            request.method, request.scope["path"], request.scope["query_string"], request.scope["headers"]
        )
        self._head_gate.check_site(head)
        if head.method not in {"GET", "HEAD", "POST"}:
            return _error_response(
                EngineError(UNKNOWN_EXCEPTION, "Use GET, HEAD or POST"), HTTPStatus.METHOD_NOT_ALLOWED
            )
        if head.path in _PROBES and head.method != "POST":
            return _response(HTTPStatus.OK, b"Ok.\n", {})
        user = self._head_gate.user_of(head)
        if head.path not in _PATHS:
            return _response(HTTPStatus.NOT_FOUND, b"There is no such handle\n", {})
        if head.method == "HEAD":
            return _response(HTTPStatus.OK, b"", {})
        query_id = request_head.check_outgoing(
            "query_id", head.parameters.get("query_id") or str(uuid.uuid4())
        )
        async with self._bodies.read(request, head.headers.get("content-encoding")) as body:
            query = _parse(user, head, body)
            if not query.text.strip():
                return _response(HTTPStatus.OK, b"Ok.\n", {})
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, query, query_id)

    def _run(self, query: _HttpQuery, query_id: str) -> Response:
        has_session = bool(query.session[1])
        before, database = (
            self._sessions.recall(query.session, query.session_timeout_s) if has_session else ((), "")
        )
        result = self._engine.run(_engine_query(query, before, database))
        if result.statement.changes_session and has_session:
            text = result.statement.text.decode()
            match = _USED_DATABASE.fullmatch(text)
            used = None if match is None else match[1] or match[2]
            self._sessions.remember(query.session, query.session_timeout_s, text, used)
        return _result_response(query, query_id, result)


def _parse(user: DatabaseUser, head: RequestHead, body: bytes) -> _HttpQuery:
    parameters = dict(head.parameters)
    if parameters.get("decompress") == "1" or parameters.get("compress") == "1":
        raise EngineError(
            NOT_IMPLEMENTED,
            "compress and decompress are not supported, use HTTP's encodings. (NOT_IMPLEMENTED)",
        )
    content_type = head.headers.get("content-type", "")
    if "multipart/form-data" in content_type:
        parameters |= form_fields(body, content_type)
        body = b""
    sql = parameters.get("query", "").encode()
    return _HttpQuery(user, head, parameters, sql + b"\n" + body if sql and body else sql or body)


def _engine_query(query: _HttpQuery, before: tuple[str, ...], database: str) -> EngineQuery:
    parameters, headers = query.parameters, query.head.headers
    return EngineQuery(
        statement=parse(query.text),
        format=parameters.get("default_format") or headers.get("x-clickhouse-format") or "TabSeparated",
        user=query.user,
        settings={
            name: value
            for name, value in parameters.items()
            if name not in _PROTOCOL_PARAMETERS and not name.startswith("param_")
        },
        parameters={
            name.removeprefix("param_"): value
            for name, value in parameters.items()
            if name.startswith("param_")
        },
        database=parameters.get("database") or headers.get("x-clickhouse-database") or database,
        before=before,
        is_read_only=query.head.method != "POST",
    )


def _result_response(query: _HttpQuery, query_id: str, result: QueryResult) -> Response:
    counts = {
        "read_rows": result.read_rows,
        "read_bytes": result.read_bytes,
        "written_rows": result.written_rows,
        "written_bytes": result.written_bytes,
        "total_rows_to_read": result.read_rows,
        "result_rows": result.written_rows,
        "result_bytes": len(result.body),
        "elapsed_ns": int(result.elapsed_s * 1e9),
    }
    headers = {
        "X-ClickHouse-Summary": json.dumps({name: str(count) for name, count in counts.items()}),
        "X-ClickHouse-Query-Id": query_id,
        "X-ClickHouse-Timezone": "UTC",
        "X-ClickHouse-Server-Display-Name": "weir",
    }
    if result.statement.answers_rows:
        headers["X-ClickHouse-Format"] = result.format
    body, encoding = result.body, None
    if query.parameters.get("enable_http_compression") == "1":
        body, encoding = wire.encode(body, query.head.headers.get("accept-encoding", ""))
    if encoding:
        headers["Content-Encoding"] = encoding
    return _response(HTTPStatus.OK, body, headers)


def _error_response(error: EngineError, status: int | None = None) -> Response:
    return _response(
        status or error.status,
        f"{error}\n".encode(errors="replace"),
        {"X-ClickHouse-Exception-Code": str(error.code)},
    )


def _response(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    # A header value must not contain a line break, whatever the value was made from.
    clean = {name: _CONTROL.sub(" ", value) for name, value in headers.items()}
    clean |= {
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return Response(body, status, clean, media_type="text/plain; charset=UTF-8")
