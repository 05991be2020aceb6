"""Keeps the newest known attacks of `llm.attacks` unsealed in memory, up to a limit."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.attacks import KnownAttack
from streaming.errors import BadEventError
from streaming.seal.content import open_attack
from streaming.seal.seal import Sealer

log = logging.getLogger(__name__)

MAX_SHARED_ATTACKS = 2_000
MAX_TENANT_ATTACKS = 500
"""For all tenants and of one tenant; only the newest are kept, so that memory is bounded."""


class AttackDocuments(Protocol):
    """The current documents; `changes` grows with every change."""

    changes: int

    def all(self) -> Mapping[str, KnownAttack]:
        """All documents by name."""
        ...


@dataclass(frozen=True, slots=True)
class UnsealedAttack:
    """The clear text of an attack, and its tenant; None for all tenants."""

    tenant: str | None
    text: str


class KnownAttacks:
    """Unseals each attack once; one that cannot be opened is logged and left out."""

    def __init__(self, documents: AttackDocuments, sealer: Sealer) -> None:
        """Take the documents and the seal that opens them."""
        self._documents = documents
        self._sealer = sealer
        self._seen_at = -1
        self._kept: dict[str, KnownAttack] = {}
        self._opened: dict[str, UnsealedAttack] = {}

    def current(self) -> Mapping[str, UnsealedAttack]:
        """All known attacks by name; the same object until a document changes."""
        if self._documents.changes != self._seen_at:
            self._seen_at = self._documents.changes
            self._update(
                {document.name: document for document in _newest(list(self._documents.all().values()))}
            )
        return self._opened

    def _update(self, documents: Mapping[str, KnownAttack]) -> None:
        opened: dict[str, UnsealedAttack] = {}
        for name, document in documents.items():
            attack = self._opened.get(name) if self._kept.get(name) == document else self._open(document)
            if attack is not None:
                opened[name] = attack
        self._kept, self._opened = dict(documents), opened

    def _open(self, document: KnownAttack) -> UnsealedAttack | None:
        try:
            return UnsealedAttack(
                document.tenant, open_attack(self._sealer, document.tenant, document.name, document.sealed)
            )
        except BadEventError as error:
            log.error(  # noqa: TRY400 - the message says all
                "attack left out", extra={"attack": document.name, "because": str(error)}
            )
            return None


def _newest(documents: Sequence[KnownAttack]) -> Sequence[KnownAttack]:
    counts: dict[str | None, int] = {}
    kept: list[KnownAttack] = []
    for document in sorted(documents, key=lambda document: (document.added_at, document.name), reverse=True):
        counts[document.tenant] = counts.get(document.tenant, 0) + 1
        limit = MAX_SHARED_ATTACKS if document.tenant is None else MAX_TENANT_ATTACKS
        if counts[document.tenant] <= limit:
            kept.append(document)
    return kept
