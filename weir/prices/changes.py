"""What publishing price documents would change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.document_files import DocumentFileError
from schemas.prices import PriceDocument


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A document to publish, and what is published under its name now."""

    document: PriceDocument
    published: PriceDocument | None


def changes_of(
    documents: Sequence[PriceDocument], published: Mapping[str, PriceDocument]
) -> Sequence[PriceChange]:
    """Choose what differs, with its history; a changed document needs a new version, since lines name their price by it (DocumentFileError)."""
    pairs = [
        (document.after(published.get(document.name)), published.get(document.name)) for document in documents
    ]
    changes = [PriceChange(document, before) for document, before in pairs if document != before]
    stale = [
        f"{change.document.name} differs from what is published as version {change.published.version}: give it version {change.published.version + 1}"
        for change in changes
        if change.published is not None and change.document.version <= change.published.version
    ]
    if stale:
        raise DocumentFileError("\n".join(stale))
    return changes
