"""HTTP addresses in configuration: bounded, without credentials, and not in the clear over a network."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}")
PRINTABLE = re.compile(r"[\x21-\x7e]+")


def _usable(url: str) -> str:
    """The address itself; raises ValueError, whose message does not quote it: it may hold a secret."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("this is no HTTP address: write https://host[:port]/path") from None
    host = parts.hostname or ""
    is_http = parts.scheme in {"http", "https"} and PRINTABLE.fullmatch(url) is not None
    if not is_http or HOST.fullmatch(host) is None or port == 0:
        raise ValueError("this is no HTTP address: write https://host[:port]/path")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address with a user or a password would be shown with them: leave them out")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise ValueError(f"texts would go in the clear to {host}: use https, or http on loopback")
    return url


PrivateUrl = Annotated[str, StringConstraints(max_length=2_048), AfterValidator(_usable)]
"""An https address, or an http address of this machine, without credentials."""
