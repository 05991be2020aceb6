"""The attacks of `llm.attacks` in the clear, in memory alone: as new as the log, and never more than a set number."""

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
"""Known to all, and to one tenant; of more the newest count, so that a flood of reports cannot fill the memory."""


class AttackDocuments(Protocol):
    """The documents as they are now; `changes` tells whether they are others than before."""

    changes: int

    def all(self) -> Mapping[str, KnownAttack]:
        """All by name."""
        ...


@dataclass(frozen=True, slots=True)
class UnsealedAttack:
    """An attack in the clear, and whose it is."""

    tenant: str | None
    text: str


class KnownAttacks:
    """Opens each attack once; one that does not open is left out and named."""

    def __init__(self, documents: AttackDocuments, sealer: Sealer) -> None:
        """Take where the documents stand and the seal that they are under."""
        self._documents = documents
        self._sealer = sealer
        self._seen_at = -1
        self._kept: dict[str, KnownAttack] = {}
        self._opened: dict[str, UnsealedAttack] = {}

    def current(self) -> Mapping[str, UnsealedAttack]:
        """All that are known, the same objects as before where nothing has changed."""
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
    for document in sorted(documents, key=lambda one: (one.added_at, one.name), reverse=True):
        counts[document.tenant] = counts.get(document.tenant, 0) + 1
        if counts[document.tenant] <= (MAX_SHARED_ATTACKS if document.tenant is None else MAX_TENANT_ATTACKS):
            kept.append(document)
    return kept
