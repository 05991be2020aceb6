"""Token counts against a second implementation of OpenAI's encodings, bounds against another vocabulary."""

import struct
from functools import cache
from typing import IO, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rs_bpe.bpe import openai
from tokenizers import Regex, Tokenizer, models, pre_tokenizers

from schemas.values import Message
from services.meter.adapters.bpe_tokens import BpeTokenCounter
from weir.local.model import model_file

COUNTER = BpeTokenCounter()
MERGEABLE = {"o200k": 199_998, "cl100k": 100_256}
MODELS = {"o200k": "openai/gpt-4o", "cl100k": "openai/gpt-4"}
_ENDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
# The published patterns that cut a text into words, as tiktoken has them.
WORDS = {
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + _ENDS + "?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + _ENDS + "?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "cl100k": _ENDS
    + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
TEXTS = [
    "Wo bleibt meine Bestellung? Ich habe am Montag zwei Lampen gekauft, und bisher ist nichts gekommen.",
    "Où est ma commande ? J'ai acheté deux lampes lundi et rien n'est encore arrivé.",
    "¿Dónde está mi pedido? El lunes compré dos lámparas y todavía no ha llegado nada.",
    "Где мой заказ? В понедельник я купил две лампы, и до сих пор ничего не пришло.",
    "أين طلبي؟ اشتريت مصباحين يوم الاثنين ولم يصل شيء حتى الآن.",
    "मेरा ऑर्डर कहाँ है? मैंने सोमवार को दो लैंप खरीदे थे और अभी तक कुछ नहीं आया।",
    "我的订单在哪里?星期一我买了两盏灯,到现在什么都没收到。",
    "注文はどこですか。月曜日にランプを二つ買いましたが、まだ届いていません。",
    "주문한 물건은 어디에 있나요? 월요일에 램프 두 개를 샀는데 아직 오지 않았어요.",
    "คำสั่งซื้อของฉันอยู่ที่ไหน ฉันซื้อโคมไฟสองดวงเมื่อวันจันทร์",
    "Siparişim nerede? Pazartesi günü iki lamba aldım ve henüz bir şey gelmedi.",
    "Πού είναι η παραγγελία μου; Αγόρασα δύο λάμπες τη Δευτέρα.",
    "Đơn hàng của tôi ở đâu? Thứ hai tôi đã mua hai cái đèn.",
    (
        "def total(lines: list[Line]) -> int:\n    return sum(line.cost\n               for line in lines)"
        '\n\n{"a": [1, 22, 333], "b": null}'
    ),
    "+49 170 1234567, IBAN DE89 3704 0044 0532 0130 00, 2026-11-24T22:10:00Z, 0x7fffdeadbeef",
    "🧜🏽‍♀️ and 👩‍👩‍👧 say <|endoftext|> <|fim_prefix|> \u200b\u00a0 I'LL we'Ve DON'T\r\n\r\n\t\t  x",
]


@cache
def ranks(encoding: str) -> dict[bytes, int]:
    """List the vocabulary, in the order in which pairs are merged."""
    vocabulary: Any = {"o200k": openai.o200k_base, "cl100k": openai.cl100k_base}[encoding]()
    return {bytes(vocabulary.bpe().decode_tokens([rank])): rank for rank in range(MERGEABLE[encoding])}


@cache
def splitter(encoding: str) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Split(Regex(WORDS[encoding]), behavior="isolated")


def merged(encoding: str, word: bytes) -> int:
    """Merge the pair with the lowest rank until none is left, as the encoding is defined."""
    order, parts = ranks(encoding), [bytes([byte]) for byte in word]
    while len(parts) > 1:
        rank, place = min(
            (order.get(parts[index] + parts[index + 1], len(order)), index) for index in range(len(parts) - 1)
        )
        if rank == len(order):
            break
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    return len(parts)


def defined(encoding: str, text: str) -> int:
    return sum(merged(encoding, word.encode()) for word, _ in splitter(encoding).pre_tokenize_str(text))


@pytest.mark.parametrize("encoding", ["o200k", "cl100k"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_of_any_language_counts_as_the_encoding_is_defined(encoding: str, text: str) -> None:
    assert COUNTER.count(text, MODELS[encoding]) == defined(encoding, text)


@given(text=st.text(max_size=60) | st.text("aZ'sLl9 \n\t\r-/é你\u0301", max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_counts_as_the_encoding_is_defined(text: str) -> None:
    for encoding, model in MODELS.items():
        assert COUNTER.count(text, model) == defined(encoding, text)


@cache
def smollm2() -> Tokenizer:
    """Load the tokenizer of SmolLM2: 49,152 tokens, single digits, bytes for most non-Latin scripts."""
    with model_file().open("rb") as file:
        fields = gguf_fields(file)
    merges: list[tuple[str, str]] = [
        (left, right)
        for left, _, right in (merge.partition(" ") for merge in fields["tokenizer.ggml.merges"])
    ]
    tokenizer = Tokenizer(
        models.BPE(
            vocab={token: rank for rank, token in enumerate(fields["tokenizer.ggml.tokens"])}, merges=merges
        )
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    return tokenizer


def gguf_fields(file: IO[bytes]) -> dict[str, Any]:
    """Read the fields before the weights: name, type and value, as the format's description says."""
    sizes = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

    def number(form: str) -> int:
        return struct.unpack(form, file.read(struct.calcsize(form)))[0]

    def text() -> str:
        return file.read(number("<Q")).decode("utf-8", "replace")

    def value(kind: int) -> Any:
        if kind == 8:
            return text()
        if kind == 9:
            inner, length = number("<I"), number("<Q")
            return [value(inner) for _ in range(length)]
        return file.read(sizes[kind])

    file.read(16)
    return {text(): value(number("<I")) for _ in range(number("<Q"))}


@pytest.mark.parametrize("text", TEXTS)
def test_the_bound_holds_for_a_small_vocabulary_in_any_language(text: str) -> None:
    assert len(smollm2().encode(text).ids) <= COUNTER.count(text, "local/smollm2")


@given(
    text=st.text(max_size=80) | st.text("aZ 0-=\n\té你", max_size=80) | st.text(" \t\n\r\v\f", max_size=40)
)
@example(text=" \t ")
@example(text="FALSE")
@example(text="getElementById")
@settings(max_examples=300, deadline=None, derandomize=True)
def test_the_estimate_of_a_message_holds_for_a_small_vocabulary_and_any_text(text: str) -> None:
    assert len(smollm2().encode(text).ids) <= COUNTER.estimate(
        (Message(role="user", content=text),), "local/smollm2"
    )
