"""One bounded POST of JSON to an address of a user: no redirect, no proxy, no compression, no retry."""

import asyncio
import ssl
from functools import cache

import httpx
from pydantic import JsonValue

OK = 200
HEADERS = {"accept-encoding": "identity"}


SERVER_ERRORS, TOO_MANY = 500, 429


class PostError(Exception):
    """The address did not answer as it must; the message names a status or a type, never content.

    `is_down` tells an address that serves nobody now from one that refuses this body.
    """

    def __init__(self, message: str, *, is_down: bool) -> None:
        super().__init__(message)
        self.is_down = is_down


@cache
def _ssl_context() -> ssl.SSLContext:
    # Loading the certificates takes tens of milliseconds, which no call may spend in the event loop.
    return httpx.create_ssl_context()


def new_client(max_connections: int) -> httpx.AsyncClient:
    """A client for the event loop that it is first used in."""
    limits = httpx.Limits(max_connections=max_connections)
    return httpx.AsyncClient(
        trust_env=False, follow_redirects=False, limits=limits, verify=_ssl_context(), headers=HEADERS
    )


async def post_json(
    client: httpx.AsyncClient, url: str, question: JsonValue, timeout_s: float, max_bytes: int
) -> bytes:
    """The body of a reply with status 200; raises PostError, or TimeoutError for the whole call.

    A body over `max_bytes` is refused, and so is one that is compressed, which could unpack to any size.
    """
    try:
        return await _posted(client, url, question, timeout_s, max_bytes)
    except (httpx.TimeoutException, TimeoutError):
        raise TimeoutError from None
    except PostError:
        raise
    except Exception as error:  # noqa: BLE001 - raised again as ours
        # Beside its own errors httpx raises those of URLs, encodings and TLS; their texts may quote the URL.
        raise PostError(type(error).__name__, is_down=True) from None


async def _posted(
    client: httpx.AsyncClient, url: str, question: JsonValue, timeout_s: float, max_bytes: int
) -> bytes:
    body = bytearray()
    async with (
        asyncio.timeout(timeout_s),
        client.stream("POST", url, json=question, timeout=timeout_s) as response,
    ):
        if response.status_code != OK:
            status = response.status_code
            raise PostError(f"status {status}", is_down=status >= SERVER_ERRORS or status == TOO_MANY)
        if response.headers.get("content-encoding", "identity") != "identity":
            raise PostError("a compressed reply", is_down=False)
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > max_bytes:
                raise PostError(f"a reply over {max_bytes} bytes", is_down=False)
    return bytes(body)
