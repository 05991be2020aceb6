"""Writes the inputs on which the activation ranges of the shipped PII model are fixed: the development sentences in 7 languages.

    pip install faker --target FAKER
    PYTHONPATH=.:FAKER python training/pii/calibrate.py calibration.npz [MORE_TEXT.txt ...]
    python training/fixed_ranges.py DYNAMIC/model.onnx calibration.npz services/guard/models/rampart/model.onnx

Single sentences, sentences run together up to a whole window, all of it also in lower case; the values come from another seed than
those that are measured. Further files (one text a line) add ordinary prose.
"""

import json
import random
import sys
from pathlib import Path

import numpy as np
from faker import Faker
from tokenizers import Tokenizer

from measure import LOCALES, fill, values

SEED = 7
ROUNDS = 12
WIDEST = 126
FOLDER = Path(__file__).parent
MODEL = FOLDER.parents[1] / "services" / "guard" / "models" / "rampart"


def sentences():
    """Every development sentence with fresh values, some rounds over."""
    templates = json.loads((FOLDER / "sentences" / "development.json").read_text(encoding="utf-8"))
    random.seed(SEED)
    Faker.seed(SEED)
    for language, texts in templates.items():
        fakes = [Faker(locale) for locale in LOCALES[language]]
        for _ in range(ROUNDS):
            yield from (fill(text, values(random.choice(fakes)))[0] for text in texts)


def main(target, *files):
    """Batches of sixteen rows of about one length, padded to the longest."""
    texts = [*sentences(), *(line for name in files for line in Path(name).read_text(encoding="utf-8").splitlines() if line.strip())]
    random.shuffle(texts)
    texts += [" ".join(texts[start : start + 6]) for start in range(0, len(texts), 6)]
    texts += [text.lower() for text in texts[::2]]
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    rows = sorted(([first, *tokenizer.encode(text, add_special_tokens=False).ids[:WIDEST], last] for text in texts), key=len)
    arrays = {}
    for number, start in enumerate(range(0, len(rows), 16)):
        batch = rows[start : start + 16]
        width = len(batch[-1])
        arrays[f"input_ids_{number}"] = np.array([row + [0] * (width - len(row)) for row in batch])
        arrays[f"attention_mask_{number}"] = np.array([[1] * len(row) + [0] * (width - len(row)) for row in batch])
        arrays[f"token_type_ids_{number}"] = np.zeros((len(batch), width), np.int64)
    np.savez_compressed(target, **arrays)
    print(f"{len(rows)} rows in {len(arrays) // 3} batches")


if __name__ == "__main__":
    main(*sys.argv[1:])
