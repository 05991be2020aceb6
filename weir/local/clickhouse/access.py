"""The two users of the local ClickHouse and their passwords: `weir` writes, `analyst` reads."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from weir.local.folders import load_or_create_secret


class DatabaseUser(StrEnum):
    """The users of the local ClickHouse; each has its own password."""

    WRITER = "weir"
    ANALYST = "analyst"


def password(home: Path, user: DatabaseUser) -> str:
    """The password of a user, created by the first call; letters and digits, so URLs need no escaping."""
    return load_or_create_secret(home / "secrets" / "clickhouse" / user.value, lambda: secrets.token_hex(24))


def address(home: Path, port: int, user: DatabaseUser) -> str:
    """The URL of the HTTP interface with the credentials of a user; keep it out of logs."""
    return f"http://{user.value}:{password(home, user)}@127.0.0.1:{port}"


@dataclass(frozen=True, slots=True)
class PasswordDigests:
    """The SHA-256 digests of all passwords, by user."""

    digests: Mapping[DatabaseUser, bytes]

    @classmethod
    def from_folder(cls, home: Path) -> "PasswordDigests":
        """The digests of the passwords in a state folder."""
        return cls({user: _digest(password(home, user)) for user in DatabaseUser})

    def user_of(self, headers: Mapping[str, str], parameters: Mapping[str, str]) -> DatabaseUser | None:
        """The user of the credentials, or None without credentials or with wrong ones.

        They may be in the Authorization header, the X-ClickHouse headers or the query string; if several are
        given, all must be right and of one user.
        """
        credentials = list(filter(None, (_basic(headers), _key(headers), _parameters(parameters))))
        if not credentials:
            return None
        users = {self._owner(name, text) for name, text in credentials}
        return users.pop() if len(users) == 1 else None

    def _owner(self, name: str, text: str) -> DatabaseUser | None:
        digest = _digest(text)
        owner: DatabaseUser | None = None
        # All digests are compared in full, so that the time does not depend on the password or the user.
        for user, expected in self.digests.items():
            if hmac.compare_digest(digest, expected) & hmac.compare_digest(
                name.encode(), user.value.encode()
            ):
                owner = user
        return owner


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _basic(headers: Mapping[str, str]) -> tuple[str, str] | None:
    value = headers.get("authorization")
    if value is None:
        return None
    scheme, _, encoded = value.partition(" ")
    try:
        name, _, text = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (name, text) if scheme.lower() == "basic" else ("", "")


def _key(headers: Mapping[str, str]) -> tuple[str, str] | None:
    if "x-clickhouse-user" not in headers and "x-clickhouse-key" not in headers:
        return None
    return headers.get("x-clickhouse-user", ""), headers.get("x-clickhouse-key", "")


def _parameters(parameters: Mapping[str, str]) -> tuple[str, str] | None:
    if "user" not in parameters and "password" not in parameters:
        return None
    return parameters.get("user", ""), parameters.get("password", "")
