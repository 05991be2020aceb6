"""An answer that comes in pieces: the events of a stream, whole or broken off, put together as the reply that they make up."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue
from pydantic_core import from_json

from services.router.adapters.reply_parts import mapping, mappings, texts

_END = b"[DONE]"

Document = dict[str, JsonValue]


def events_in(body: bytes) -> Sequence[Mapping[str, JsonValue]]:
    """List the events that arrived whole; of one that was cut nothing is taken."""
    lines = (line.removeprefix(b"data:").strip() for line in body.splitlines() if line.startswith(b"data:"))
    return [event for line in lines if line and line != _END and (event := _event(line)) is not None]


def openai_reply(body: bytes) -> Document:
    """Put chunks together; usage comes with the last one, or grows from chunk to chunk, and the newest counts."""
    pieces: dict[str, list[JsonValue]] = {"content": [], "refusal": [], "reasoning_content": []}
    reply: Document = {}
    finish_reason: JsonValue = None
    for event in events_in(body):
        reply.update({name: event[name] for name in ("model", "service_tier", "usage") if event.get(name) is not None})
        for choice in mappings(event.get("choices")):
            delta = mapping(choice.get("delta")) or {}
            for name, parts in pieces.items():
                parts.append(delta.get(name))
            finish_reason = choice.get("finish_reason") or finish_reason
    message: Document = {name: texts(*parts) for name, parts in pieces.items()}
    return {**reply, "choices": [{"message": message, "finish_reason": finish_reason}]}


def anthropic_reply(body: bytes) -> Document:
    """Put events together; what the message starts with counts the input, and only its end counts the output."""
    reply: Document = {"content": [], "stop_reason": None}
    blocks: dict[str, Document] = {}
    for event in events_in(body):
        message, delta = mapping(event.get("message")) or {}, mapping(event.get("delta")) or {}
        match event.get("type"):
            case "message_start":
                reply |= {"model": message.get("model"), "first_usage": message.get("usage")}
            case "content_block_start":
                blocks[str(event.get("index"))] = dict(mapping(event.get("content_block")) or {})
            case "content_block_delta":
                _extend(blocks.setdefault(str(event.get("index")), {"type": "text"}), delta)
            case "message_delta":
                spent = {**(mapping(reply.get("first_usage")) or {}), **(mapping(event.get("usage")) or {})}
                reply |= {"stop_reason": delta.get("stop_reason"), "usage": spent}
            case _:
                pass
    return {**reply, "content": list(blocks.values())}


def _extend(block: Document, delta: Mapping[str, JsonValue]) -> None:
    for name in ("text", "thinking"):
        if name in delta:
            block[name] = texts(block.get(name), delta[name])


def _event(line: bytes) -> Mapping[str, JsonValue] | None:
    try:
        return mapping(from_json(line))
    except ValueError:
        return None
