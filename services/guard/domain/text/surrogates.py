r"""Replaces surrogates (`\ud800`), which JSON can hold and UTF-8 cannot; offsets stay the same."""

import re

SURROGATE = re.compile("[\ud800-\udfff]")


def without_surrogates(text: str) -> str:
    """Replace each surrogate by U+FFFD, so that the text can be encoded."""
    return text if text.isascii() else SURROGATE.sub("\ufffd", text)
