"""Checks every statement before it runs: the engine renders and parses it, the rules check it.

Only the rendering runs: `formatQuery` gives one statement without comments and with one style of quotes, so
the checked text and the text that runs cannot differ. Admitted statements are cached, because the services
repeat theirs.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from weir.local.clickhouse import tree as trees
from weir.local.clickhouse.access import DatabaseUser
from weir.local.clickhouse.errors import SYNTAX_ERROR, EngineError, from_engine
from weir.local.clickhouse.rules import StatementRules, refuse
from weir.local.clickhouse.statement import Statement, parse

Run = Callable[[bytes, str], bytes]
"""Runs a statement on the connection of the request; the second argument is the output format."""

MAX_CACHED_STATEMENTS = 2_048
MAX_CACHED_BYTES = 32_768
DEFAULT_MAX_BYTES = 100_000
MAX_STATEMENT_BYTES = 4 * 1024**2
_IDENTIFIER_PARAMETER = re.compile(rb"\{\s*(\w+)\s*:\s*Identifier\s*\}")
_PLAIN_NAME = re.compile(r"[\w.]{1,300}")
_SCOPE = re.compile(r": In scope SELECT formatQuerySingleLine\(.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SubmittedStatement:
    """A statement as it was sent, with its user, database and parameters."""

    statement: Statement
    user: DatabaseUser
    database: str
    parameters: Mapping[str, str]

    @property
    def key(self) -> tuple[object, ...]:
        """Everything that the result of the check depends on."""
        return (
            self.statement.text,
            self.statement.format,
            self.user,
            self.database == "system",
            self.database,
            tuple(self.parameters.items()),
        )

    @property
    def size(self) -> int:
        """The size of a cache entry, about the bytes of statement and parameters."""
        return len(self.statement.text) + sum(
            len(name) + len(value) for name, value in self.parameters.items()
        )


@dataclass(slots=True)
class StatementGate:
    """Admits or refuses statements by the rules; thread-safe."""

    rules: StatementRules
    _admitted: OrderedDict[tuple[object, ...], Statement] = field(
        default_factory=OrderedDict[tuple[object, ...], Statement]
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, submitted: SubmittedStatement, run: Run) -> Statement:
        """The rendered statement that may run; raises EngineError if it is refused or cannot be parsed."""
        with self._lock:
            admitted = self._admitted.get(submitted.key)
            if admitted is not None:
                self._admitted.move_to_end(submitted.key)
        if admitted is None:
            admitted = self._check(submitted, run)
            if submitted.size <= MAX_CACHED_BYTES:
                with self._lock:
                    self._admitted[submitted.key] = admitted
                    while len(self._admitted) > MAX_CACHED_STATEMENTS:
                        self._admitted.popitem(last=False)
        return replace(admitted, rows=submitted.statement.rows)

    def _check(self, submitted: SubmittedStatement, run: Run) -> Statement:
        sent = submitted.statement
        tail = f" FORMAT {sent.format}".encode() if sent.rows is not None else b""
        text = _rendered(sent.text + tail, run)
        for name in _IDENTIFIER_PARAMETER.findall(text):
            if not _PLAIN_NAME.fullmatch(submitted.parameters.get(name.decode(), "")):
                raise refuse("a parameter of the type Identifier that is no plain name")
        # Before parsing, because to parse a statement with INTO OUTFILE might already write the file.
        clauses = self.rules.check_words(text)
        tree = _parsed(text, run)
        self.rules.check_settings(clauses, tree)
        self.rules.check_tree(tree, submitted.user, submitted.database)
        for view in self.rules.views(tree):
            _check_view(view, submitted.database, run)
        rendered = parse(text)
        named = sent.format if sent.rows is not None else rendered.format
        if named is not None:
            self.rules.check_format(named)
        changes_session = tree.kind in {"Set", "UseQuery"}
        if sent.rows is None:
            return replace(rendered, text=text, rows=None, format=named, changes_session=changes_session)
        if not text.endswith(tail):
            raise refuse("an INSERT whose format is not at its end")
        return replace(sent, text=text.removesuffix(tail), rows=None, changes_session=False)


def _rendered(text: bytes, run: Run) -> bytes:
    if len(text) > MAX_STATEMENT_BYTES:
        raise EngineError(
            SYNTAX_ERROR,
            f"A statement of {len(text)} bytes is longer than {MAX_STATEMENT_BYTES}. (SYNTAX_ERROR)",
        )
    if len(text) > DEFAULT_MAX_BYTES:
        run(f"SET max_query_size = {4 * MAX_STATEMENT_BYTES}".encode(), "TabSeparated")
    literal = text.replace(b"\\", b"\\\\").replace(b"'", b"\\'")
    try:
        return run(b"SELECT formatQuerySingleLine('" + literal + b"')", "RawBLOB")
    except (RuntimeError, UnicodeDecodeError) as error:
        # The engine's message ends with the query that contains the statement.
        refusal = from_engine(error)
        message = _SCOPE.sub(". (SYNTAX_ERROR)", str(refusal).partition("DB::Exception: ")[2])
        raise EngineError(refusal.code, message) from error


def _parsed(text: bytes, run: Run) -> trees.AstNode:
    try:
        lines = run(b"EXPLAIN AST " + text, "TSVRaw").decode("utf-8", errors="replace")
        return trees.read(lines.rstrip("\n").split("\n"))
    except trees.UnreadableTreeError as error:
        raise refuse("a statement whose tree cannot be read") from error


def _check_view(name: str, database: str, run: Run) -> None:
    first, dot, second = name.partition(".")
    view = (first, second) if dot else (database or "default", first)
    literals = ["'" + part.replace("\\", "\\\\").replace("'", "\\'") + "'" for part in view]
    where = f"engine = 'View' AND database = {literals[0]} AND name = {literals[1]}"
    sql = f"SELECT count() FROM system.tables WHERE {where}"  # noqa: S608 - both are quoted
    if run(sql.encode(), "TabSeparated").strip() != b"1":
        raise refuse(f"{name} as a table function: it is no view")
