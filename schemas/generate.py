"""Writes JSON Schemas of all events and one AsyncAPI 3 document; `--check` fails where they differ."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.event import Event
from schemas.topics import EVENT_OF, TOPICS, Topic, dead_letter_topic

FOLDER = Path(__file__).parent / "generated"
API_VERSION = "1.0.0"


def documents() -> Mapping[str, str]:
    """Every generated file by name."""
    files = {f"{kind.TYPE}.schema.json": _text(_json_schema(kind)) for kind in EVENT_OF.values()}
    files["asyncapi.json"] = _text(_asyncapi())
    return files


def _json_schema(kind: type[Event]) -> dict[str, Any]:
    schema = kind.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:weir:{kind.TYPE}",
        **schema,
    }


def _asyncapi() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Weir",
            "version": API_VERSION,
            "description": "Every request and completion of an LLM as an event on Kafka.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {
            f"publish-{topic.name}": {"action": "send", "channel": {"$ref": f"#/channels/{topic.name}"}}
            for topic in TOPICS
        },
        "components": {
            "messages": {kind.TYPE: _message(kind) for kind in EVENT_OF.values()},
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": topic.name,
        "messages": {kind.TYPE: {"$ref": f"#/components/messages/{kind.TYPE}"} for kind in topic.events},
        "bindings": {
            "kafka": {"topic": topic.name, "topicConfiguration": {"x-settings": dict(topic.config)}}
        },
        "description": f"keyed by {topic.key}",
    }
    if topic.has_dead_letters:
        channel["x-dead-letters"] = dead_letter_topic(topic.name)
    return channel


def _message(kind: type[Event]) -> dict[str, Any]:
    headers = {
        name: {"type": "string"}
        for name in ("ce_id", "ce_source", "ce_time", "ce_specversion", "content-type", "traceparent")
    }
    return {
        "name": kind.TYPE,
        "summary": (kind.__doc__ or "").strip().splitlines()[0],
        "headers": {"type": "object", "properties": {**headers, "ce_type": {"const": kind.TYPE}}},
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{kind.TYPE}.schema.json"},
        },
    }


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def stale(folder: Path) -> list[str]:
    """The files that are missing, differ, or are no longer generated."""
    wanted = documents()
    present = {path.name for path in folder.glob("*.json")}
    differing = [
        name for name, text in wanted.items() if name not in present or (folder / name).read_text() != text
    ]
    return sorted(differing + sorted(present - set(wanted)))


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` print which of them differ."""
    if arguments == ["--check"]:
        names = stale(FOLDER)
        if names:
            sys.stderr.write(
                f"generated files differ from the models: {', '.join(names)}; "
                "run `python -m schemas.generate`\n"
            )
        return 1 if names else 0
    FOLDER.mkdir(exist_ok=True)
    for name in stale(FOLDER):
        (FOLDER / name).unlink(missing_ok=True)
    for name, text in documents().items():
        (FOLDER / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
