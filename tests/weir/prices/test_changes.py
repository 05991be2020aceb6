"""Changes of prices: what differs is published under a higher version, and nothing else."""

import pytest

from schemas.document_files import DocumentFileError
from schemas.prices import PriceDocument
from weir.prices.changes import PriceChange, changes_of


def priced(dollars: str, version: int = 1, name: str = "local/m") -> PriceDocument:
    fields = {"valid_from": "2026-01-01T00:00:00Z", "input_usd_per_mtok": dollars, "output_usd_per_mtok": 10}
    return PriceDocument.model_validate({"name": name, "version": version, **fields})


def test_only_documents_that_differ_are_changes() -> None:
    old, changed, new = priced("1"), priced("2", version=2), priced("3", name="local/n")

    assert changes_of([priced("1")], {"local/m": old}) == []
    assert changes_of([changed, new], {"local/m": old}) == [PriceChange(changed, old), PriceChange(new, None)]


def test_every_change_without_a_higher_version_is_named_with_the_version_to_give() -> None:
    published = {"local/m": priced("1"), "local/n": priced("1", version=4, name="local/n")}

    with pytest.raises(DocumentFileError) as refused:
        changes_of([priced("2"), priced("2", version=4, name="local/n")], published)

    assert str(refused.value).splitlines() == [
        "local/m differs from what is published as version 1: give it version 2",
        "local/n differs from what is published as version 4: give it version 5",
    ]
