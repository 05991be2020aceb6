"""The seal: AES-256-GCM under a key for each tenant and day, so that no clear personal data is stored.

Keys are derived from the master key by HKDF-SHA256 (RFC 5869); tenant, day, purpose and context are bound in
as associated data.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from streaming.errors import StreamingError

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = "v1"
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class SealError(StreamingError):
    """A seal cannot be opened: another key, another tenant or context, or damaged bytes."""


class Sealer:
    """Seals and opens bytes for a tenant; a seal opens only for the same tenant, purpose and context."""

    def __init__(self, master_key: bytes) -> None:
        """Take the master key: 32 bytes."""
        if len(master_key) != KEY_BYTES:
            msg = (
                f"the seal key has {len(master_key)} bytes; it needs {KEY_BYTES} "
                "(make one with `weir seal-key`)"
            )
            raise SealError(msg)
        self._master = master_key
        self._derive = lru_cache(maxsize=4096)(self._derive_uncached)

    @classmethod
    def from_text(cls, text: str) -> "Sealer":
        """Parse a key of the settings: 32 bytes in URL-safe base64."""
        try:
            return cls(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (binascii.Error, ValueError) as error:
            msg = "the seal key is not URL-safe base64 (make one with `weir seal-key`)"
            raise SealError(msg) from error

    def seal(self, clear: bytes, *, tenant: str, purpose: str, context: str, at: datetime) -> str:
        """Seal bytes; the same purpose and context are needed to open them."""
        day = at.date().isoformat()
        nonce = os.urandom(NONCE_BYTES)
        body = AESGCM(self._derive(tenant, day)).encrypt(
            nonce, clear, _associated(tenant, day, purpose, context)
        )
        return f"{VERSION}.{day}.{base64.urlsafe_b64encode(nonce + body).decode()}"

    def open(self, token: str, *, tenant: str, purpose: str, context: str) -> bytes:
        """The clear bytes; raises SealError."""
        version, _, rest = token.partition(".")
        day, _, text = rest.partition(".")
        # The day is cached with its key and shown in messages, so no other text is accepted as one.
        if version != VERSION or not text or DAY.fullmatch(day) is None:
            msg = f"a seal starts with '{VERSION}.<day>.'"
            raise SealError(msg)
        try:
            raw = base64.urlsafe_b64decode(text)
            key = AESGCM(self._derive(tenant, day))
            return key.decrypt(
                raw[:NONCE_BYTES], raw[NONCE_BYTES:], _associated(tenant, day, purpose, context)
            )
        except (InvalidTag, ValueError) as error:
            msg = (
                f"the seal of {day} does not open for this tenant and purpose: another key, or damaged bytes"
            )
            raise SealError(msg) from error

    def keyed_hash(self, text: bytes, *, tenant: str, purpose: str) -> str:
        """A stable fingerprint (HMAC-SHA256, 32 hex digits) that cannot be reversed without the key."""
        return hmac.new(self._derive(tenant, f"hash/{purpose}"), text, hashlib.sha256).hexdigest()[:32]

    def _derive_uncached(self, tenant: str, scope: str) -> bytes:
        info = f"weir/{VERSION}/{scope}/{tenant}".encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._master)


def new_key() -> str:
    """A random master key in the form of the settings."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode().rstrip("=")


def _associated(tenant: str, day: str, purpose: str, context: str) -> bytes:
    return f"{VERSION}\x1f{tenant}\x1f{day}\x1f{purpose}\x1f{context}".encode()
