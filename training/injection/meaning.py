"""Measures how near texts come to known attacks by the shipped encoder's vectors: where the cosines of the similarity layer are chosen.

    PYTHONPATH=. python training/injection/meaning.py DATA services/guard/models/encoder

DATA is as in measure.py. 1,000 attacks drawn from all collections are known; 500 others and harmless texts are compared with them. A
copy (by letters and digits) of a known attack is left out: pieces find it without a model.
"""

import argparse
import csv
import random
import sys
from pathlib import Path

import numpy as np
from measure import rows

sys.path.insert(0, str(Path(__file__).parents[1] / "classifier"))
from windows import cut, session_of, tokenizer_of

KNOWN, MOST_WINDOWS = 1000, 24
COSINES = (0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


def vectors_of(folder, texts):
    """One vector of length one a text: the mean of its windows', as the guard has it."""
    session, tokenizer = session_of(folder / "model.onnx"), tokenizer_of(folder / "tokenizer.json")
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    found = []
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        windows = [np.array([one], np.int64) for one in list(cut(ids, first, last))[:MOST_WINDOWS]]
        mean = sum(session.run(["embedding"], {"input_ids": one, "attention_mask": np.ones_like(one)})[0][0] for one in windows)
        found.append(mean / np.linalg.norm(mean))
    return np.stack(found)


def main(data, model):
    """Print, for cosines, the share of unknown attacks and of ordinary texts whose nearest known attack is as near."""
    csv.field_size_limit(10**9)
    texts = list({"".join(filter(str.isalnum, text.lower())): (source, is_attack, text) for source, is_attack, text in rows(data)}.values())
    random.Random(0).shuffle(texts)
    attacks = [(source, text[:20_000]) for source, is_attack, text in texts if is_attack and not source.startswith("bipia")]
    known, unknown = attacks[:KNOWN], attacks[KNOWN : KNOWN + 500]
    plain = [(source, text[:20_000]) for source, is_attack, text in texts if not is_attack]
    base = vectors_of(model, [text for _, text in known])
    for name, group in (("attacks", unknown), ("ordinary", [one for one in plain if one[0] == "self-instruct"]), ("all harmless", plain[:1500])):
        nearest = (vectors_of(model, [text for _, text in group]) @ base.T).max(axis=1)
        shares = "  ".join(f"{cosine}: {np.mean(nearest >= cosine):.4f}" for cosine in COSINES)
        print(f"{name:14} n {len(group):5}  {shares}  highest {nearest.max():.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("model", type=Path)
    main(**vars(parser.parse_args()))
