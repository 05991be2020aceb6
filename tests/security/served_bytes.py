"""A provider on the loopback that sends exactly the bytes that a test wants, in its own thread."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

Wire = Callable[[asyncio.StreamWriter], Awaitable[None]]


def http(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """An HTTP response; a `length` above the body's makes it end too early."""
    head = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body) if length is None else length}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def says(data: bytes, *, hold_s: float = 0.0) -> Wire:
    """Send these bytes, then keep the connection open for `hold_s`."""

    async def serve(writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(data), 1 << 18):
            writer.write(data[start : start + (1 << 18)])
            await writer.drain()
        await asyncio.sleep(hold_s)

    return serve


def repeats(head: bytes, piece: bytes, times: int, tail: bytes = b"") -> Wire:
    """Send a piece `times` times."""

    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for _ in range(times):
            writer.write(piece)
            await writer.drain()
        writer.write(tail)

    return serve


def endlessly(head: bytes, piece: bytes, pause_s: float = 0.0) -> Wire:
    """Send a piece until the client hangs up."""

    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return serve


class Provider:
    """A server on the loopback that answers `/<name>/...` with the wire of that name and counts calls."""

    def __init__(self) -> None:
        self.wires: dict[str, Wire] = {}
        self.calls: dict[str, int] = {}
        self.url = ""
        self._listening = threading.Event()
        self._over = threading.Event()

    @contextmanager
    def serving(self) -> Generator["Provider"]:
        """Serve until the context ends."""
        thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        thread.start()
        self._listening.wait()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    async def _run(self) -> None:
        tasks: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            self._listening.set()
            while not self._over.is_set():
                await asyncio.sleep(0.02)
            left = list(tasks)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def at(self, name: str, wire: Wire) -> str:
        """Register a wire; returns the address that answers with it."""
        self.wires[name] = wire
        return f"{self.url}/{name}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = next(
                int(line.split(":")[1])
                for line in head.lower().splitlines()
                if line.startswith("content-length:")
            )
            await reader.readexactly(length)
            name = head.split("/", 2)[1]
            self.calls[name] = self.calls.get(name, 0) + 1
            await self.wires[name](writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
