"""Names in program text are told from words of prose."""

import time

import pytest

from schemas.program_text import ProgramText, is_type_parameter


def around(text: str) -> tuple[ProgramText, int, int]:
    start = text.index("NAME")
    return ProgramText(text), start, start + len("NAME")


@pytest.mark.parametrize(
    "text",
    [
        "const NAME = 5;", "let NAME;", "def NAME(x):", "class NAME:", "class NAME extends B {", "$NAME",
        "#define NAME 3", "export NAME=x", "NAME=3", "if (NAME == 3)", "NAME.save()", "NAME@x.org",
        "SELECT NAME, city FROM t", "see `NAME.size`", "```\nx = f(NAME)\n```", "for NAME in all:",
        "a['NAME']", "private final NAME x;", "Map<String, NAME> m",
    ],
)  # fmt: skip
def test_a_constant_of_a_program(text: str) -> None:
    program, start, end = around(text)
    assert program.is_constant(start, end)


@pytest.mark.parametrize(
    "text",
    [
        "NAME", "Name=NAME", "NAME = the owner", "for NAME: hi", "I return NAME, then go", "NAME (boss)",
        "let NAME know", "```\nDear NAME,\n```", "```\nx = 'NAME'\n```", "`NAME`", "From NAME", "NAME: hi",
        "SELECT a FROM t WHERE n = 'NAME'", '["NAME"]', "NAME.Then", "NAME; we",
    ],
)  # fmt: skip
def test_a_word_in_capitals_in_prose_is_no_constant(text: str) -> None:
    program, start, end = around(text)
    assert not program.is_constant(start, end)


@pytest.mark.parametrize(
    "text", ["x = ['NAME']", '{"NAME": 1}', "```\nNAME\n```", "f(NAME)", "`a NAME`", "let a, NAME;", "a.NAME"]
)  # fmt: skip
def test_a_variable_of_a_program(text: str) -> None:
    program, start, end = around(text)
    assert program.is_variable(start, end)


@pytest.mark.parametrize("text", ["dear NAME, hi", "`NAME`", '{"a": "NAME"}', "Name: NAME", "NAME's car"])
def test_a_word_in_prose_is_no_variable(text: str) -> None:
    program, start, end = around(text)
    assert not program.is_variable(start, end)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("List<NAME> x", True), ("std::vector<NAME>&", True), ("ResponseEntity<NAME>", True),
    ("a <NAME> b", False),
    ("Dear<NAME>, hi", False), ("List <NAME>", False), ("x<NAME>y", False)],
)  # fmt: skip
def test_a_type_parameter_stands_behind_a_type(text: str, expected: bool) -> None:
    start = text.index("<")
    assert is_type_parameter(text, start, text.index(">") + 1) is expected


@pytest.mark.parametrize("piece", ["a = NAME;", "SELECT NAME ", "let NAME, ", "`NAME"])
def test_a_long_line_is_read_in_linear_time(piece: str) -> None:
    text = piece * 2_000
    program, started = ProgramText(text), time.process_time()
    for start in range(len(piece) - 5, len(text), len(piece)):
        program.is_constant(start, start + 4)
        program.is_variable(start, start + 4)
    assert time.process_time() - started < 2
