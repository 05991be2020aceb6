"""The registry of topics: one topic an event, one partition count, bounded records, a place for letters."""

import re

from schemas.event import Event
from schemas.topics import (
    EVENT_OF,
    TOPICS,
    aligned_topics,
    dead_letter_topic,
    kafka_topics,
)
from tests.schemas.examples import EXAMPLES

KAFKA_NAME = re.compile(r"[a-z][a-z.]{0,200}")


def test_every_event_class_lives_on_exactly_one_topic() -> None:
    listed = [event for topic in TOPICS for event in topic.events]

    assert len(listed) == len(set(listed))
    assert all(issubclass(event, Event) and event.TYPE for event in listed)


def test_every_version_of_every_event_has_an_example() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.json")} == set(EVENT_OF)


def test_every_event_type_names_its_version() -> None:
    assert [name for name in EVENT_OF if not re.fullmatch(r"weir(\.[a-z]+)+\.v[1-9]", name)] == []


def test_topic_names_are_unique_and_none_can_be_taken_for_a_dead_letter_topic() -> None:
    names = [topic.name for topic in TOPICS]

    assert len(set(names)) == len(names)
    assert all(KAFKA_NAME.fullmatch(name) and not name.endswith(".dlq") for name in names)


def test_all_tenant_topics_share_one_partition_count_and_all_others_have_one() -> None:
    plan = kafka_topics(6)

    counts = {topic.name: plan[topic.name][0] for topic in TOPICS}

    assert counts == {topic.name: 6 if topic.partitions == "tenant" else 1 for topic in TOPICS}


def test_a_topic_has_a_dead_letter_topic_that_takes_larger_records_unless_it_is_compacted() -> None:
    plan = kafka_topics(6)

    for topic in TOPICS:
        letters = plan.get(dead_letter_topic(topic.name))
        assert (letters is None) == (topic.config.get("cleanup.policy") == "compact")
        if letters is not None:
            largest = int(topic.config["max.message.bytes"])
            assert int(letters[1]["max.message.bytes"]) >= 4 * largest / 3


def test_every_topic_bounds_its_records_and_takes_the_time_of_the_broker() -> None:
    for _, config in kafka_topics(1).values():
        assert int(config["max.message.bytes"]) > 0
        assert config["message.timestamp.type"] == "LogAppendTime"
        assert ("retention.ms" in config) != (config.get("cleanup.policy") == "compact")


def test_an_older_stack_is_given_only_settings_of_the_plan() -> None:
    plan = kafka_topics(1)

    for name, settings in aligned_topics().items():
        assert settings.items() <= plan[name][1].items()
