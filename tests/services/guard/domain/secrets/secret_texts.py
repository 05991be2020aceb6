"""Texts with one secret each, and texts about passwords and keys without any, over languages and formats.

They stand in `secret_texts.json`; `{}` stands for the secret. The values are made up.
"""

import json
from collections.abc import Sequence
from pathlib import Path

_TEXTS = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


def _texts(group: str) -> Sequence[str]:
    return tuple(map(str, _TEXTS[group]))


def _pairs(group: str) -> Sequence[tuple[str, str]]:
    return tuple((str(text), str(secret)) for text, secret in _TEXTS[group])


VALUES = _texts("values")
"""Passwords of several kinds: with and without special characters, in part readable."""
KEY_VALUES = _texts("key_values")
PIN_VALUES = _texts("pin_values")
SENTENCES = _texts("sentences")
ASSIGNMENTS = _texts("assignments")
KEYS = _texts("keys")
PINS = _texts("pins")
URLS = _pairs("urls")
COMMANDS = _pairs("commands")
OTHER_SECRETS = _pairs("other_secrets")
SERVICE_KEYS = _texts("service_keys")
SERVICE_KEY_CONTEXTS = _texts("service_key_contexts")
HARMLESS = _texts("harmless")
