"""The rules of what a user may run, applied to the engine's rendering of a statement and its syntax tree."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from weir.local.clickhouse import vocabulary
from weir.local.clickhouse.access import DatabaseUser
from weir.local.clickhouse.catalog import EngineCatalog
from weir.local.clickhouse.errors import ACCESS_DENIED, UNKNOWN_FORMAT, UNKNOWN_SETTING, EngineError
from weir.local.clickhouse.statement import TOKEN
from weir.local.clickhouse.tree import AstNode

_IN_OPERATORS = frozenset(
    {"in", "notin", "globalin", "globalnotin", "nullin", "notnullin", "globalnullin", "globalnotnullin"}
)
_REMOVING_KINDS = frozenset({"DropQuery", "TruncateQuery", "Rename"})
_CHANGING_KINDS = _REMOVING_KINDS | {
    "InsertQuery",
    "CreateQuery",
    "AlterQuery",
    "OptimizeQuery",
    "DeleteQuery",
}
_ENGINE_DATABASES = frozenset({"system", "information_schema"})
_Word = tuple[str | None, bytes]
_Clause = list[tuple[str, str]]
_SLEEP_FUNCTIONS = frozenset(name.lower() for name in vocabulary.SLEEP_FUNCTIONS)
_NUMBER = re.compile(r"'?(\d+(?:\.\d+)?)'?")


def refuse(what: str) -> EngineError:
    """The error for a statement that reaches beyond the database, or that its user may not run."""
    return EngineError(ACCESS_DENIED, f"Not allowed here: {what}. (ACCESS_DENIED)")


@dataclass(frozen=True, slots=True)
class StatementRules:
    """Checks statements, settings and formats by allow-lists; each check raises EngineError to refuse."""

    catalog: EngineCatalog

    def check_tree(self, tree: AstNode, user: DatabaseUser, database: str) -> None:
        """Check every node of the tree; a node that is not allowed for the user is refused."""
        _check_target(tree, database)
        kinds = vocabulary.WRITING if user is DatabaseUser.WRITER else vocabulary.READING
        for parent, node in AstNode("", "", [tree]).edges():
            if node.kind not in kinds:
                raise refuse(f"{node.kind} for the user '{user}'")
            if node.kind == "Function":
                self._check_function(parent, node, user)
            elif node.kind in {"TableIdentifier", "Identifier"}:
                self._check_table(node.name, user, database)
            else:
                _check_kind(parent, node)

    def check_words(self, text: bytes) -> list[_Clause]:
        """Check the words of a rendered statement, and return its settings, which the tree does not contain.

        Files beside a statement are refused, and names that could forge a line of the tree.
        """
        words = [
            (match.lastgroup, match.group()) for match in TOKEN.finditer(text) if match.lastgroup != "space"
        ]
        for (kind, word), (_, following) in zip(words, [*words[1:], ("", b"")], strict=True):
            _check_word(kind, word, following)
            # The tree should contain every call; if it hides one, the text still has it.
            if following == b"(" and (kind == "word" or word[:1] == b"`"):
                self._check_call(word.strip(b"`").decode(errors="replace"))
        clauses = list(_clauses(words))
        # Before the statement is parsed, because the engine applies settings when it parses.
        for name, value in (setting for clause in clauses for setting in clause):
            if not self._is_table_setting(name):
                self.check_setting(name, value)
        return clauses

    def check_settings(self, clauses: Sequence[_Clause], tree: AstNode) -> None:
        """Check the settings of a statement; refuses more SETTINGS clauses in the tree than in the text."""
        # Settings of EXPLAIN itself (`indexes = 1`) only choose its output.
        in_tree = sum(
            node.kind == "Set" and parent.kind != "Explain"
            for parent, node in AstNode("", "", [tree]).edges()
        )
        if in_tree > len(clauses):
            raise refuse("settings that cannot be read")
        makes_table = tree.kind in {"CreateQuery", "AlterQuery"}
        for name, value in (setting for clause in clauses for setting in clause):
            if not (makes_table and self._is_table_setting(name)):
                self.check_setting(name, value)

    def _check_call(self, name: str) -> None:
        lower = name.lower()
        is_refused_table_function = (
            lower in self.catalog.table_functions - vocabulary.TABLE_FUNCTIONS
            and not self.catalog.may_call(name)
        )
        if lower in self.catalog.refused_functions or is_refused_table_function:
            raise refuse(f"the function {name}")

    def _is_table_setting(self, name: str) -> bool:
        return name in self.catalog.table_settings and vocabulary.is_table_setting_allowed(name)

    def check_setting(self, name: str, value: str) -> None:
        """Refuse unknown settings, those that reach files or other hosts, and limits outside their bounds."""
        if not name.startswith("param_") and name not in self.catalog.settings | self.catalog.table_settings:
            raise EngineError(UNKNOWN_SETTING, f"Unknown setting {name[:100]!r}. (UNKNOWN_SETTING)")
        if not vocabulary.is_setting_allowed(name):
            raise refuse(f"the setting {name}")
        maximum = vocabulary.BOUNDED_SETTINGS.get(name)
        if maximum is not None:
            match = _NUMBER.fullmatch(value)
            if match is None or not 0 < float(match[1]) <= maximum:
                raise refuse(f"{name} outside of 0 (exclusive) to {maximum:g}")

    def check_format(self, name: str) -> None:
        """Refuse an unknown format, and one that reads files or contacts other hosts."""
        if name not in self.catalog.formats:
            raise EngineError(UNKNOWN_FORMAT, f"Unknown format {name[:100]!r}. (UNKNOWN_FORMAT)")
        if name in vocabulary.REFUSED_FORMATS:
            raise refuse(f"the format {name}")

    def views(self, tree: AstNode) -> list[str]:
        """The names that are called as a table but are not table functions; they must be views."""
        calls = (
            node.name
            for parent, node in AstNode("", "", [tree]).edges()
            if parent.kind == "TableExpression" and node.kind == "Function"
        )
        return [name for name in calls if name.lower() not in self.catalog.table_functions]

    def _check_function(self, parent: AstNode, node: AstNode, user: DatabaseUser) -> None:
        name = node.name
        if parent.kind == "TableExpression":
            if (
                name.lower() in self.catalog.table_functions
                and name.lower() not in vocabulary.TABLE_FUNCTIONS
            ):
                raise refuse(f"the table function {name}")
        elif parent.kind == "Storage definition" and parent.children[0] is node:
            if name not in vocabulary.ENGINES:
                raise refuse(f"the engine {name}")
        elif parent.kind in {"InsertQuery", "CreateQuery", "Explain", ""}:
            raise refuse(f"the table function {name}")
        elif not self.catalog.may_call(name) or (
            user is DatabaseUser.ANALYST and name.lower() in _SLEEP_FUNCTIONS
        ):
            raise refuse(f"the function {name}")
        self._check_arguments(node)

    def _check_arguments(self, node: AstNode) -> None:
        arguments = node.children[0].children if node.children else []
        for argument in arguments:
            # `arrayMap(file, paths)` passes a function by its name.
            if argument.kind == "Identifier" and argument.name.lower() in self.catalog.refused_functions:
                hint = "a column of that name needs its table before it"
                raise refuse(f"the function {argument.name} by its name; {hint}")
        for argument in arguments[1:] if node.name.lower() in _IN_OPERATORS else ():
            if (
                argument.kind == "Function"
                and argument.name.lower() in self.catalog.table_functions - vocabulary.TABLE_FUNCTIONS
            ):
                raise refuse(f"the table function {argument.name}")

    def _check_table(self, name: str, user: DatabaseUser, database: str) -> None:
        parts = name.split(".")
        if parts[0] == "system" and len(parts) > 1:
            table = parts[1]
        elif database == "system" and parts[0] in self.catalog.system_tables:
            table = parts[0]
        else:
            return
        allowed = vocabulary.WRITER_TABLES if user is DatabaseUser.WRITER else vocabulary.ANALYST_TABLES
        if table not in allowed:
            raise refuse(f"the table system.{table} for the user '{user}'")


def _check_target(tree: AstNode, database: str) -> None:
    """Refuse to change the engine's own databases, and to remove the database `default`."""
    if tree.kind not in _CHANGING_KINDS:
        return
    named = (
        [node.name for _, node in tree.edges()]
        if tree.kind in _REMOVING_KINDS
        else [node.name for node in tree.children]
    )
    if database.lower() in _ENGINE_DATABASES or any(
        name.split(".")[0].lower() in _ENGINE_DATABASES for name in named
    ):
        raise refuse("to change the engine's own databases")
    # The text of the node is the name of a database, or a space and the name of a table without a database.
    if tree.kind in _REMOVING_KINDS and len(tree.children) == 1 and tree.text.startswith("default"):
        raise refuse("to remove the database default")


def _check_word(kind: str | None, word: bytes, following: bytes) -> None:
    if kind == "quoted" and word[:1] != b"'" and b"\\" in word:
        raise refuse("a name with a control character or a backslash")
    if (word, following) in {(b"RENAME", b"DATABASE"), (b"EXCHANGE", b"DATABASES")}:
        raise refuse("another name for a database")
    if (word, following) in {(b"INTO", b"OUTFILE"), (b"FROM", b"INFILE")}:
        raise refuse("files beside a statement (OUTFILE, INFILE)")


def _check_kind(parent: AstNode, node: AstNode) -> None:
    match node.kind:
        case "Literal" if parent.kind in {
            "SelectWithUnionQuery",
            "InsertQuery",
            "DescribeQuery",
            "Explain",
            "",
        }:
            raise refuse("files beside a statement (OUTFILE, INFILE)")
        case "AlterCommand" if node.name.split(" ")[0] not in vocabulary.ALTERATIONS:
            raise refuse(f"ALTER ... {node.name}")
        case "Explain" if node.name not in vocabulary.EXPLANATIONS:
            raise refuse(node.name)
        case _:
            pass


def _clauses(words: Sequence[_Word]) -> Iterator[_Clause]:
    """The assignments after each SETTINGS, SETTING or initial SET of a rendered statement."""
    for position, (kind, word) in enumerate(words):
        if kind == "word" and (word in {b"SETTINGS", b"SETTING"} or (word == b"SET" and position == 0)):
            clause = list(_assignments(words, position + 1))
            if clause:
                yield clause


def _assignments(words: Sequence[_Word], position: int) -> Iterator[tuple[str, str]]:
    if words[position : position + 1] == [("other", b"(")]:
        position += 1
    while position + 1 < len(words) and words[position + 1][1] == b"=":
        end = _end_of_value(words, position + 2)
        value = b"".join(word for _, word in words[position + 2 : end])
        yield words[position][1].decode(errors="replace"), value.decode(errors="replace")
        # The next assignment follows a comma.
        position = end + 1 if words[end : end + 1] == [("other", b",")] else len(words)


def _end_of_value(words: Sequence[_Word], position: int) -> int:
    depth = 0
    while position < len(words):
        kind, word = words[position]
        depth += {b"(": 1, b"[": 1, b")": -1, b"]": -1}.get(word, 0)
        if depth < 0 or (depth == 0 and (word == b"," or (kind == "word" and word.isupper()))):
            break
        position += 1
    return position
