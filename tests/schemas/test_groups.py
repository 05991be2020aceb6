"""Consumer groups: they read topics that exist, and together every topic that requests pass through."""

from schemas.groups import GROUPS
from schemas.topics import FACTS, TOPICS, dead_letter_topic, kafka_topics


def test_every_group_reads_each_of_its_topics_once_and_all_of_them_exist() -> None:
    plan = kafka_topics(1)

    for topics in GROUPS.values():
        assert len(set(topics)) == len(topics)
        assert set(topics) <= plan.keys()


def test_every_topic_of_requests_has_a_reader() -> None:
    read = {name for topics in GROUPS.values() for name in topics}

    passed_on = {topic.name for topic in TOPICS if topic.key == "tenant"} | {"llm.requests"}

    assert passed_on - read == set()


def test_the_sink_reads_every_fact_and_every_dead_letter() -> None:
    letters = {dead_letter_topic(topic.name) for topic in TOPICS if topic.has_dead_letters}

    assert set(GROUPS["sink"]) == {topic.name for topic in FACTS} | letters
