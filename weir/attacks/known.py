"""Attacks as documents: sealed, named by their text, published once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.attacks import KnownAttack, Origin
from streaming.brokers.port import Broker
from streaming.errors import BadEventError
from streaming.seal.content import attack_name, seal_attack
from streaming.seal.seal import Sealer
from weir.stack.publish import publish_documents, published, withdraw_documents

LEAST_CHARS, MOST_CHARS = 12, 20_000


@dataclass(frozen=True, slots=True)
class NewAttack:
    """A text to know, for one tenant's traffic or for everybody's."""

    text: str
    tenant: str | None
    origin: Origin
    note: str | None = None

    def sealed(self, sealer: Sealer, at: datetime) -> KnownAttack:
        """The document; raises BadEventError for a text that would match by accident, or that nobody compares."""
        text = self.text.strip()
        if not LEAST_CHARS <= len(text) <= MOST_CHARS:
            msg = f"an attack has {LEAST_CHARS} to {MOST_CHARS} characters, this one {len(text)}: a short one would match ordinary texts"
            raise BadEventError("invalid_document", msg)
        name = attack_name(sealer, self.tenant, text)
        sealed = seal_attack(sealer, self.tenant, name, text, at)
        return KnownAttack(
            name=name, tenant=self.tenant, sealed=sealed, origin=self.origin, note=self.note, added_at=at
        )


@dataclass(frozen=True, slots=True)
class AddedAttacks:
    """Names of what is known now that was not, and of what was known before."""

    new: Sequence[str]
    known: Sequence[str]


async def add_attacks(
    broker: Broker, sealer: Sealer, attacks: Sequence[NewAttack], at: datetime
) -> AddedAttacks:
    """Publish what is not known yet; the same text again changes nothing."""
    documents = {document.name: document for document in (attack.sealed(sealer, at) for attack in attacks)}
    there = await published(broker, KnownAttack)
    new = [document for name, document in documents.items() if name not in there]
    await publish_documents(broker, new)
    return AddedAttacks([document.name for document in new], [name for name in documents if name in there])


async def known_attacks(broker: Broker) -> Mapping[str, KnownAttack]:
    """All of them by name."""
    return await published(broker, KnownAttack)


async def forget_attacks(broker: Broker, names: Sequence[str]) -> None:
    """Forget attacks; raises BadEventError, and forgets none, where one of the names is not known."""
    unknown = sorted(set(names) - (await published(broker, KnownAttack)).keys())
    if unknown:
        raise BadEventError(
            "unknown_document", f"no attack is named {', '.join(unknown)}; `weir attack ls` lists them"
        )
    await withdraw_documents(broker, KnownAttack, names)
