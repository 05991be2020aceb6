r"""Half characters, which JSON can name (`\ud800`) and no text holds: one becomes a replacement character, so that all places stay."""

import re

SURROGATE = re.compile("[\ud800-\udfff]")


def without_surrogates(text: str) -> str:
    """The text as every model and every encoding can read it."""
    return text if text.isascii() else SURROGATE.sub("\ufffd", text)
