"""The lines of EXPLAIN AST become a tree, or nothing."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.local.clickhouse.tree import AstNode, UnreadableTreeError, read

LINES = [
    "SelectWithUnionQuery (children 2)",
    " ExpressionList (children 1)",
    "  Function file (alias f) (children 1)",
    "   Literal 'x'",
    " Set",
]


def test_each_node_knows_its_kind_its_name_and_its_children() -> None:
    tree = read(LINES)

    assert (tree.kind, [child.kind for child in tree.children]) == (
        "SelectWithUnionQuery",
        ["ExpressionList", "Set"],
    )
    assert [
        (parent.kind, node.kind, node.name) for parent, node in tree.edges() if node.kind == "Function"
    ] == [("ExpressionList", "Function", "file")]


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [""],
        LINES[:-1],
        LINES[:2],
        [*LINES, " Set"],
        [*LINES, "Set"],
        ["Set", " Set"],
        ["SelectQuery (children 1)", "Identifier a"],
        ["SelectQuery (children 1)", "  Identifier a"],
        [" SelectQuery"],
    ],
)
def test_lines_that_do_not_add_up_are_no_tree(lines: list[str]) -> None:
    if lines == [""]:
        assert read(lines).kind == ""
        return
    with pytest.raises(UnreadableTreeError):
        read(lines)


def test_a_deep_tree_is_read_without_recursion() -> None:
    lines = [" " * depth + "Function not (children 1)" for depth in range(20_000)] + [
        " " * 20_000 + "Literal 1"
    ]

    assert sum(1 for _ in read(lines).edges()) == 20_000


@given(st.lists(st.text(max_size=20).filter(lambda text: "\n" not in text), max_size=10))
def test_no_lines_break_the_reader(lines: list[str]) -> None:
    with contextlib.suppress(UnreadableTreeError):
        assert isinstance(read(lines), AstNode)
