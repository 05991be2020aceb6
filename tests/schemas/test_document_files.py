"""Files of documents: every form is read, and every problem is said at once with the way out."""

from pathlib import Path

import pytest

from schemas.document_files import DocumentFileError, parse_documents, read_documents, shown
from schemas.documents import PromptDocument, RouteDocument

ROUTE = "{name: small, candidates: [{provider: openai, model: gpt}]}"


def refusal(text: str) -> str:
    with pytest.raises(DocumentFileError) as refused:
        parse_documents(text, "routes.yaml", RouteDocument, "routes")
    return str(refused.value)


@pytest.mark.parametrize("text", [ROUTE, f"[{ROUTE}]", f"routes: [{ROUTE}]", f"routes: {ROUTE}"])
def test_one_document_a_list_and_a_mapping_are_read_alike(text: str, tmp_path: Path) -> None:
    path = tmp_path / "routes.yaml"
    path.write_text(text)

    (route,) = read_documents(path, RouteDocument, "routes")

    assert (route.name, route.candidates[0].model) == ("small", "gpt")


def test_every_problem_of_a_file_is_said_at_once_with_the_document_it_is_in() -> None:
    text = "[{name: a, candidates: []}, {name: b}, {candidates: [{provider: p, model: m, timeout_s: 0}]}]"

    lines = refusal(text).splitlines()

    assert [line.split(": ")[1:3] for line in lines] == [
        ["a", "candidates"],
        ["b", "candidates"],
        ["number 3", "name"],
        ["number 3", "candidates.0.timeout_s"],
    ]


def test_a_field_that_does_not_exist_is_named_with_the_one_that_was_probably_meant() -> None:
    assert "(did you mean 'max_attempts'?)" in refusal(
        "{name: a, candidates: [{provider: p, model: m, max_attempt: 2}]}"
    )
    assert "accepted: name, candidates" in refusal("{name: a, candidates: [], colour: red}")


def test_two_documents_of_one_name_are_refused() -> None:
    assert refusal(f"[{ROUTE}, {ROUTE}]") == "routes.yaml: two routes are named small: join them"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected one document"),
        ("7", "expected one document"),
        ("routes: []", "expected one document"),
        ("a: [", "line 1: not valid YAML"),
        ("a: 1\nb: {", "line 2: not valid YAML"),
        ("[" * 5_000, "not valid YAML (it is nested too deeply)"),
        ("a: 2026-99-99", "not valid YAML"),
        ("a: !!python/object:os.system x", "not valid YAML"),
    ],
)
def test_what_is_no_list_of_documents_is_refused_with_the_reason(text: str, message: str) -> None:
    assert message in refusal(text)


@pytest.mark.parametrize(
    ("content", "reason"),
    [("[jane@example.com]", "only text parts are supported"), ("4111111111111111", "a valid string")],
)
def test_a_value_is_shown_and_what_people_wrote_is_not(content: str, reason: str) -> None:
    messages = f"[{{role: user, content: {content}}}]"
    text = f"{{name: p, versions: [{{version: -7, messages: {messages}}}]}}"

    with pytest.raises(DocumentFileError) as refused:
        parse_documents(text, "prompts.yaml", PromptDocument, "prompts")

    assert "(it is -7)" in str(refused.value)
    assert reason in str(refused.value)
    assert content.strip("[]") not in str(refused.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"a: \xff")

    with pytest.raises(DocumentFileError, match=r"missing\.yaml: cannot be read"):
        read_documents(tmp_path / "missing.yaml", RouteDocument, "routes")
    with pytest.raises(DocumentFileError, match=r"binary\.yaml: not valid YAML"):
        read_documents(tmp_path / "binary.yaml", RouteDocument, "routes")


def test_a_long_value_is_shortened() -> None:
    assert shown("a" * 10) == "'" + "a" * 10 + "'"
    assert len(shown("a" * 1_000)) < 130
    assert shown(10**5_000) == "a number of more than 4300 digits"
