"""Token estimates: exact for OpenAI's encodings, upper bounds for others, offline, for every text."""

import time
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.documents import PromptDocument
from schemas.values import Message
from services.meter.adapters.bpe_tokens import BpeTokenCounter
from services.meter.domain.tokens.estimate import prompt_tokens
from services.meter.domain.tokens.families import family_of, max_token_count

COUNTER = BpeTokenCounter()
OTHER = "local/smollm2"
ODD = [
    "<|endoftext|>",
    "<|im_start|>system",
    "a<|endofprompt|>b",
    "\x00",
    "",
    "é" * 1000,
    "日本語テキスト",
    "🧜🏽‍♀️",
    "\ud800 alone",
    "\ufffe\uffff",
]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize(
    "model", [OTHER, "openai/gpt-4o", "openai/gpt-4", "anthropic/claude-sonnet-4-5", "google/gemini-2.5-pro"]
)
def test_control_tokens_and_odd_texts_are_text(text: str, model: str) -> None:
    assert 0 <= COUNTER.count(text, model) <= len(text.encode("utf-8", "replace"))
    assert COUNTER.estimate((Message.model_construct(role="user", content=text, name=None),), model) > 0


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("openai/gpt-4o", "openai o200k"),
        ("router/openai/gpt-4o-mini-2024-07-18", "openai o200k"),
        ("openai/ft:gpt-4o-mini:acme::1", "openai o200k"),
        ("openai/gpt-4.1-nano", "openai o200k"),
        ("openai/gpt-5.1", "openai o200k"),
        ("openai/o1", "openai o200k"),
        ("azure/o3-mini", "openai o200k"),
        ("openai/o4-mini", "openai o200k"),
        ("openai/chatgpt-4o-latest", "openai o200k"),
        ("openai/gpt-4", "openai cl100k"),
        ("openai/gpt-4-turbo-2024-04-09", "openai cl100k"),
        ("openai/gpt-3.5-turbo", "openai cl100k"),
        ("azure/gpt-35-turbo", "openai cl100k"),
        ("openai/text-embedding-3-large", "openai cl100k"),
        ("openai/text-embedding-ada-002", "openai cl100k"),
        ("local/llama3.1:8b", "llama 3 and 4"),
        ("x/meta-llama/Llama-3.3-70B-Instruct", "llama 3 and 4"),
        ("google/gemini-2.5-flash", "gemini"),
        ("deepseek/deepseek-chat", "deepseek"),
        ("local/Qwen3-8B", "qwen"),
        ("local/o1000-of-ours", "other"),
        ("anthropic/claude-opus-4-5", "other"),
        ("local/gpt-oss-20b", "other"),
    ],
)
def test_a_model_belongs_to_the_family_that_its_name_says(model: str, family: str) -> None:
    assert family_of(model).name == family


# As tiktoken 0.14 counts them too: the control tokens of both encodings are seven tokens of plain text.
@pytest.mark.parametrize(
    ("text", "o200k", "cl100k"),
    [
        ("<|endoftext|>", 7, 7),
        ("Where is my order? I ordered two lamps on Monday and nothing has come yet.", 17, 17),
        ("お元気ですか、今日は良い天気です", 12, 15),
        ("def total(lines):\n        return sum(line.cost for line in lines)\n", 14, 14),
        ("1234567 8901", 6, 6),
    ],
)
def test_openai_texts_are_counted_exactly(text: str, o200k: int, cl100k: int) -> None:
    assert (COUNTER.count(text, "openai/gpt-4o"), COUNTER.count(text, "openai/gpt-4")) == (o200k, cl100k)


def test_an_openai_chat_adds_four_tokens_for_each_message_one_for_a_name_and_three_for_the_reply() -> None:
    messages = (Message(role="system", content="hi"), Message(role="user", content="hi", name="bob"))

    # hi is one token, and so is bob
    assert COUNTER.estimate(messages, "openai/gpt-4o") == (3 + 1 + 1) + (3 + 1 + 1 + 1 + 1) + 3


def test_another_chat_costs_the_widest_frame() -> None:
    one = COUNTER.estimate((Message(role="user", content="hi"),), OTHER)
    two = COUNTER.estimate(
        (Message(role="user", content="hi"), Message(role="assistant", content="", name="weir")), OTHER
    )

    assert (one, two - one) == (2 + 8 + 16, 4 + 8)


def test_prose_is_counted_and_not_taken_for_bytes() -> None:
    text = "Where is my order? I ordered two lamps on Monday and nothing has come yet."

    assert 17 <= COUNTER.count(text, OTHER) < len(text) / 2


@given(text=st.text())
def test_bytes_bound_every_count(text: str) -> None:
    for model in (OTHER, "openai/gpt-4o", "openai/gpt-4", "google/gemini-2.5-pro"):
        assert COUNTER.count(text, model) <= len(text.encode())


@given(text=st.text())
def test_the_bound_of_another_model_is_never_below_openais_count(text: str) -> None:
    for model in (
        OTHER,
        "google/gemini-2.5-pro",
        "local/llama-3-8b",
        "local/qwen3",
        "deepseek/deepseek-chat",
    ):
        assert COUNTER.count(text, model) >= COUNTER.count(text, "openai/gpt-4o")


PATHOLOGICAL: Mapping[str, Callable[[], str]] = {
    "one letter": lambda: "a" * 1_000_000,
    "spaces": lambda: " " * 1_000_000,
    "new lines": lambda: "\n" * 1_000_000,
    "nul": lambda: "\x00" * 1_000_000,
    "digits": lambda: "7" * 1_000_000,
    "letters in both cases": lambda: "aA" * 500_000,
    "combining marks": lambda: "e\u0301" * 333_333,
    "no spaces": lambda: "你好世界" * 83_333,
    "control tokens": lambda: "<|endoftext|>" * 76_923,
}


def counted(text: str, model: str) -> tuple[int, float]:
    counter, started = BpeTokenCounter(), time.process_time()
    return counter.count(text, model), time.process_time() - started


@pytest.mark.parametrize("kind", PATHOLOGICAL)
@pytest.mark.parametrize("model", ["openai/gpt-4o", "openai/gpt-4", OTHER])
def test_a_megabyte_of_anything_is_counted_in_time_that_grows_with_its_length_alone(
    kind: str, model: str
) -> None:
    text = PATHOLOGICAL[kind]()
    part_s = min(counted(text[: len(text) // 8], model)[1] for _ in range(3))

    count, whole_s = counted(text, model)

    # Eight times the part is usual, with what memory adds; quadratic work would take 64 times.
    assert whole_s < 32 * part_s
    assert 0 < count <= len(text.encode())


def test_a_long_text_is_counted_once_for_all_candidates_and_its_text_is_not_kept() -> None:
    counter, text = BpeTokenCounter(), "The lamp was broken when it came. " * 30_000
    messages = (Message(role="user", content=text),)
    started = time.process_time()
    first = counter.estimate(messages, "openai/gpt-4o")
    first_s = time.process_time() - started

    started = time.process_time()
    again = [
        counter.estimate(messages, model)
        for model in ("openai/gpt-4o", "openai/gpt-4.1", "azure/gpt-4o-mini", "openai/o3") * 5
    ]

    assert set(again) == {first}
    assert time.process_time() - started < len(again) * first_s / 2
    assert all(text not in repr(key) for key in counter._cache)  # pyright: ignore[reportPrivateUsage] - what is kept is the subject


def test_what_is_remembered_is_bounded() -> None:
    counter = BpeTokenCounter(max_cached_texts=3)

    counts = [counter.count(f"{number} " * 600, "openai/gpt-4o") for number in range(10)]

    assert len(counter._cache) == 3  # pyright: ignore[reportPrivateUsage] - what is kept is the subject
    assert counts == [counter.count(f"{number} " * 600, "openai/gpt-4o") for number in range(10)]


def test_digits_runs_and_other_scripts_are_counted_as_the_finest_vocabularies_cut_them() -> None:
    family = family_of(OTHER)

    def nothing(_: str) -> int:
        return 0

    assert max_token_count(family, "2026", nothing) == 4
    assert max_token_count(family, "-" * 80, nothing) == 80
    assert max_token_count(family, "привет", nothing) == 12
    assert max_token_count(family, "plain words and their spaces", nothing) == 0


def test_a_value_that_a_prompt_turns_into_capitals_is_counted_as_capitals() -> None:
    variables = {"name": "internationalization of unforgettable circumstances"}
    plain, shouted = (
        PromptDocument.model_validate(
            {"name": "p", "versions": [{"version": 1, "messages": [{"role": "user", "content": content}]}]}
        )
        for content in ("{{ name }}", "{{ name | upper }}")
    )

    sent = COUNTER.count(variables["name"].upper(), "openai/gpt-4o")

    assert prompt_tokens(COUNTER, plain, variables, "openai/gpt-4o") < prompt_tokens(
        COUNTER, shouted, variables, "openai/gpt-4o"
    )
    assert prompt_tokens(COUNTER, shouted, variables, "openai/gpt-4o") >= sent
