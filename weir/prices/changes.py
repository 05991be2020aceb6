"""The changes that publishing price documents would make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.document_files import DocumentFileError
from schemas.prices import PriceDocument


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A document to publish, and the published one of the same name."""

    document: PriceDocument
    published: PriceDocument | None


def changes_of(
    documents: Sequence[PriceDocument], published: Mapping[str, PriceDocument]
) -> Sequence[PriceChange]:
    """The documents that differ from the published ones, with their history.

    Raises DocumentFileError for a changed document without a higher version: ledger entries name it.
    """
    pairs = [
        (document.after(published.get(document.name)), published.get(document.name)) for document in documents
    ]
    changes = [PriceChange(document, before) for document, before in pairs if document != before]
    stale = [
        f"{change.document.name} differs from what is published as version {change.published.version}: "
        f"give it version {change.published.version + 1}"
        for change in changes
        if change.published is not None and change.document.version <= change.published.version
    ]
    if stale:
        raise DocumentFileError("\n".join(stale))
    return changes
