"""A child process gets the base variables and those named for it, and no others."""

import pytest

from weir.local.environment import child_environment


def test_only_named_variables_and_prefixes_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/bin")
    monkeypatch.setenv("LC_TIME", "C")
    monkeypatch.setenv("WEIR_GUARD_THRESHOLD", "1")
    monkeypatch.setenv("WEIR_SEAL_KEY", "secret")

    passed_on = child_environment(["WEIR_GUARD_*"])

    assert passed_on["PATH"] == "/bin"
    assert passed_on["LC_TIME"] == "C"
    assert passed_on["WEIR_GUARD_THRESHOLD"] == "1"
    assert "WEIR_SEAL_KEY" not in passed_on
