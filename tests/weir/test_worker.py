"""Services are chosen by name; an unknown name is an error that lists the known ones."""

import pytest

from weir.worker import run


@pytest.mark.parametrize(("names", "named"), [([], "nothing"), (["guard", "gateway"], "gateway")])
def test_an_unknown_name_is_refused_with_the_known_ones(
    names: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(names) == 2

    assert capsys.readouterr().err == (
        f"weir: {named} is no worker; workers: guard, meter, router, evaluator, sink, watch\n"
    )
