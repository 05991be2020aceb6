"""Known attacks as documents on `llm.attacks`: sealed, named by a keyed hash of their text, added once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.attacks import KnownAttack, Origin
from streaming.brokers.port import Broker
from streaming.errors import BadEventError
from streaming.seal.content import attack_name, seal_attack
from streaming.seal.seal import Sealer
from weir.stack.publish import publish_documents, published, withdraw_documents

MIN_CHARS, MAX_CHARS = 12, 20_000


@dataclass(frozen=True, slots=True)
class NewAttack:
    """A text to detect as an attack, in the traffic of `tenant`, or of all tenants if that is None."""

    text: str
    tenant: str | None
    origin: Origin
    note: str | None = None

    def sealed(self, sealer: Sealer, at: datetime) -> KnownAttack:
        """The document; raises BadEventError unless the text has MIN_CHARS to MAX_CHARS characters."""
        text = self.text.strip()
        if not MIN_CHARS <= len(text) <= MAX_CHARS:
            msg = (
                f"an attack has {MIN_CHARS} to {MAX_CHARS} characters, this one {len(text)}: "
                "a short one would match ordinary texts"
            )
            raise BadEventError("invalid_document", msg)
        name = attack_name(sealer, self.tenant, text)
        sealed = seal_attack(sealer, self.tenant, name, text, at)
        return KnownAttack(
            name=name, tenant=self.tenant, sealed=sealed, origin=self.origin, note=self.note, added_at=at
        )


@dataclass(frozen=True, slots=True)
class AddedAttacks:
    """The names of the attacks that were added, and of those that were known before."""

    new: Sequence[str]
    known: Sequence[str]


async def add_attacks(
    broker: Broker, sealer: Sealer, attacks: Sequence[NewAttack], at: datetime
) -> AddedAttacks:
    """Publish the attacks that are not known yet; adding the same text again changes nothing."""
    documents = {document.name: document for document in (attack.sealed(sealer, at) for attack in attacks)}
    known = await published(broker, KnownAttack)
    new = [document for name, document in documents.items() if name not in known]
    await publish_documents(broker, new)
    return AddedAttacks([document.name for document in new], [name for name in documents if name in known])


async def known_attacks(broker: Broker) -> Mapping[str, KnownAttack]:
    """All published attacks by name."""
    return await published(broker, KnownAttack)


async def forget_attacks(broker: Broker, names: Sequence[str]) -> None:
    """Withdraw attacks; raises BadEventError, and withdraws none, if one of the names is not known."""
    unknown = sorted(set(names) - (await published(broker, KnownAttack)).keys())
    if unknown:
        raise BadEventError(
            "unknown_document", f"no attack is named {', '.join(unknown)}; `weir attack ls` lists them"
        )
    await withdraw_documents(broker, KnownAttack, names)
