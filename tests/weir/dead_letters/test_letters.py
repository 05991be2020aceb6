"""Headers and positions of dead letters: foreign records are recognised, invalid positions refused."""

import pytest

from streaming.brokers.memory.broker import MemoryBroker
from tests.weir.dead_letters.bench import append
from weir.dead_letters.letters import FOREIGN, LETTERED, letter_of, parse_position


async def test_a_record_that_weir_did_not_write_is_foreign(broker: MemoryBroker) -> None:
    odd = (
        ("weir-source-topic", b"llm.requests"),
        ("weir-source-partition", "٣".encode()),
        ("weir-error", b"\x1b[31mred\xff\n"),
        ("ce_id", b"1" * 500),
    )
    for headers in (
        (),
        odd,
        (
            ("weir-source-topic", b"llm.answers"),
            ("weir-source-partition", b"0"),
            ("weir-source-offset", b"1"),
        ),
    ):
        await append(broker, "llm.requests.dlq", b"\xff", headers)
    await append(broker, "llm.requests.dlq", None, (("caf\udce9", b"x"),))

    letters = [letter_of(record) for record in broker.records("llm.requests.dlq")]

    assert {letter.reason for letter in letters} == {FOREIGN}
    assert all(letter.error.isprintable() and letter.event_id == "-" for letter in letters)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "llm.requests",
        "llm.requests/0",
        "llm.requests/x@1",
        "nothing/0@1",
        "llm.prompts/0@1",
        "llm.requests/0@" + "9" * 30,
        "llm.requests/9999999999@1",
    ],
)
def test_an_invalid_position_is_none(text: str) -> None:
    assert parse_position(text) is None


def test_every_topic_with_dead_letters_has_positions() -> None:
    assert all(
        parse_position(f"{topic}/0@1") and parse_position(f"{letters}/0@1")
        for topic, letters in LETTERED.items()
    )
