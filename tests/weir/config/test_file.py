"""weir.yaml: what it accepts, and what its errors say."""

from pathlib import Path

import pytest

from weir.config.file import ConfigError, load, parse

EXAMPLES = Path(__file__).parents[3] / "weir"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "kafka:\n  prot: 1\n",
            "weir.yaml line 2: kafka.prot: unknown key; accepted here: bootstrap, port, partitions",
        ),
        ("routes:\n  - name: a\n    candidates:\n      - {provider: x, model: y, timeout_s: -1}\n", "line 4"),
        (
            "routes:\n  - name: a\n    candidates: [{provider: x, model: y, timeuot_s: 1}]\n",
            "timeuot_s: unknown key",
        ),
        (
            "routes:\n  - name: a\n    candidates: [{provider: x, model: y}]\n",
            "route 'a' names provider 'x'; known providers: none",
        ),
        ("workers: [[guardx]]\n", "'guard', 'meter', 'router'"),
        ("workers: [[gateway]]\n", "a process of its own"),
        ("tenants: [{name: a}, {name: a}]\n", "two of the tenants are named a"),
        ("a: [", "line 1: not valid YAML (expected the node content"),
        (
            "prices:\n  - {name: a/b, version: 1, valid_from: 2026-02-30}\n",
            "weir.yaml: not valid YAML (day is out of range for month)",
        ),
        ("name: \x00", "weir.yaml: not valid YAML (special characters are not allowed)"),
        ("- 1", "expected keys such as home, kafka"),
    ],
)
def test_an_error_names_the_line_the_place_and_the_way_out(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "weir.yaml")
    assert said in str(caught.value)


def test_a_key_that_was_pasted_instead_of_its_hash_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("tenants:\n  - {name: acme, key_hashes: [weir_secret]}\n", "weir.yaml")
    assert "weir_secret" not in str(caught.value)
    assert "line 2" in str(caught.value)


def test_a_missing_file_says_how_to_go_on() -> None:
    with pytest.raises(ConfigError, match="pass --config FILE"):
        load(Path("no/such/weir.yaml"))
