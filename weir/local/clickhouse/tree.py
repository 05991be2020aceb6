"""The syntax tree of a statement, parsed from the lines of the engine's `EXPLAIN AST`."""

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
    """The lines are not a tree, so the statement cannot be checked and is refused."""


@dataclass(slots=True)
class AstNode:
    """A node: its kind, the rest of its line, and its children."""

    kind: str
    text: str
    children: list["AstNode"] = field(default_factory=list["AstNode"])

    @property
    def name(self) -> str:
        """The function, table or column that the node names, without its alias."""
        return _ALIAS.sub("", self.text).strip()

    def edges(self) -> Iterator[tuple["AstNode", "AstNode"]]:
        """All pairs of a parent and a child below this node."""
        to_visit: list[AstNode] = [self]
        while to_visit:
            parent = to_visit.pop()
            for child in parent.children:
                yield parent, child
                to_visit.append(child)


def read(lines: Sequence[str]) -> AstNode:
    """Build the tree; raises UnreadableTreeError unless every node has the children it announces."""
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
