"""A statement as the engine has parsed it: the lines of `EXPLAIN AST` read back into nodes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_LINE = re.compile(r"(?P<indent> *)(?P<text>.*?)(?: \(children (?P<children>\d+)\))?")
_KINDS_OF_MORE_WORDS = (
    "Columns definition",
    "Storage definition",
    "Dictionary definition",
    "SYSTEM query",
    "View SQL Security",
)
_ALIAS = re.compile(r" \(alias .*\)$")


class UnreadableTreeError(ValueError):
    """The lines do not add up to a tree, so nothing can be said about the statement."""


@dataclass(slots=True)
class AstNode:
    """One node: its kind, the rest of its line, and its children."""

    kind: str
    text: str
    children: list["AstNode"] = field(default_factory=list["AstNode"])

    @property
    def name(self) -> str:
        """What the node names: a function, a table, a column; without its alias."""
        return _ALIAS.sub("", self.text).strip()

    def edges(self) -> Iterator[tuple["AstNode", "AstNode"]]:
        """Every node below this one, after its parent."""
        waiting: list[AstNode] = [self]
        while waiting:
            parent = waiting.pop()
            for child in parent.children:
                yield parent, child
                waiting.append(child)


def read(lines: Sequence[str]) -> AstNode:
    """Build the tree; each node must stand where its parent says and have as many children as its line says."""
    top = AstNode("", "")
    open_nodes = [(top, 1)]
    for line in lines:
        while open_nodes and not open_nodes[-1][1]:
            open_nodes.pop()
        match = _LINE.fullmatch(line)
        if match is None or not open_nodes or len(match["indent"]) != len(open_nodes) - 1:
            msg = "a node is not where its parent says"
            raise UnreadableTreeError(msg)
        node = AstNode(*_split(match["text"]))
        parent, missing = open_nodes.pop()
        parent.children.append(node)
        open_nodes += [(parent, missing - 1), (node, int(match["children"] or 0))]
    if any(missing for _, missing in open_nodes):
        msg = "a node lacks children"
        raise UnreadableTreeError(msg)
    return top.children[0]


def _split(text: str) -> tuple[str, str]:
    for kind in _KINDS_OF_MORE_WORDS:
        if text.startswith(kind):
            return kind, text.removeprefix(kind)
    kind, _, rest = text.partition(" ")
    return kind, rest
