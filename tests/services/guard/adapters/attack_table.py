"""Known attacks in memory, sealed as on their topic."""

from datetime import UTC, datetime

from schemas.attacks import KnownAttack
from streaming.seal.content import attack_name, seal_attack
from streaming.seal.seal import Sealer, new_key

SEALER = Sealer.from_text(new_key())
AT = datetime(2026, 11, 2, tzinfo=UTC)


class AttackTable:
    """The newest document of each known attack, in memory."""

    def __init__(self) -> None:
        self.changes = 0
        self._documents: dict[str, KnownAttack] = {}

    def all(self) -> dict[str, KnownAttack]:
        return self._documents

    def put(self, text: str, tenant: str | None = None, at: datetime = AT) -> str:
        name = attack_name(SEALER, tenant, text)
        sealed = seal_attack(SEALER, tenant, name, text, at)
        self._documents[name] = KnownAttack(
            name=name, tenant=tenant, sealed=sealed, origin="manual", added_at=at
        )
        self.changes += 1
        return name

    def put_document(self, document: KnownAttack) -> None:
        self._documents[document.name] = document
        self.changes += 1

    def remove(self, name: str) -> None:
        del self._documents[name]
        self.changes += 1
