"""Known attacks: texts that the guard compares requests with, sealed, since users have written them."""

from typing import ClassVar, Literal

from pydantic import Field

from schemas.bounds import Body, Moment
from schemas.documents import Document
from schemas.values import Slug, TenantName

Origin = Literal["shipped", "confirmed", "manual"]


class KnownAttack(Document):
    """An attack for one tenant or for all; its name is a keyed hash of its text, so it is stored once."""

    TYPE: ClassVar[str] = "weir.config.attack.v1"

    tenant: TenantName | None = Field(
        default=None, description="the tenant to whose traffic it applies; all tenants if absent"
    )
    sealed: Body = Field(description="the text, sealed for the tenant under the document's name")
    origin: Origin
    note: Slug | None = Field(
        default=None, description="why it is here: a ticket, a campaign, a kind of attack"
    )
    added_at: Moment
