"""The consumer groups of the stream, and the topics that each must have read for it to be drained."""

from collections.abc import Mapping
from types import MappingProxyType

from schemas import topics
from schemas.topics import FACTS, TOPICS, dead_letter_topic

DEAD_LETTER_TOPICS = tuple(dead_letter_topic(topic.name) for topic in TOPICS if topic.has_dead_letters)

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "guard": (topics.REQUESTS.name, topics.ANSWERS.name),
        "meter": (topics.REQUESTS_SCREENED.name, topics.ANSWERS_SCREENED.name, topics.CORRECTIONS.name),
        "router": (topics.REQUESTS_ADMITTED.name,),
        "evaluator": (topics.COMPLETIONS.name, topics.FEEDBACK.name),
        "sink": (*(topic.name for topic in FACTS), *DEAD_LETTER_TOPICS),
    }
)
