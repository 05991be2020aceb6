"""Fine-tunes the shared encoder and its heads on the rows that prepare.py gathered.

python training/classifier/train.py --work WORK --base MINILM --minutes 25 --name first
"""

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from network import Guard
from numpy.typing import NDArray
from rows import HEADS
from sklearn.metrics import roc_auc_score
from tokenizers import Tokenizer
from torch.nn import functional

WINDOW = 128
TOKENS = 1536  # of one batch, padding included
SHORT = 48
DEV = 1500  # rows for a first look; calibrate.py reads all
PAD = 0
WEIGHTS = torch.tensor([2.0, 0.4, 0.4, 0.5, 0.4, 0.6, 0.6, 0.5, 2.0, 1.2])


@dataclass(slots=True)
class Texts:
    """Tokenised rows, their labels (NaN: not taught) and where they come from."""

    tokens: list[list[int]]
    labels: torch.Tensor
    sources: list[str]
    keys: list[int]  # of the whole text; 0 where the tokens were cut shorter than the window


def read(work: Path, split: str, tokenizer: Tokenizer, most: int | None = None) -> Texts:
    """The rows of one split, cut to the first window; most harmless long ones are cut further in training, they cost the most and teach the least."""
    rows = [row for line in (work / "rows.jsonl").open(encoding="utf-8") if (row := json.loads(line))["split"] == split]
    rows = random.Random(0).sample(rows, min(most or len(rows), len(rows)))
    tokenizer.enable_truncation(WINDOW)
    tokens = [one.ids for one in tokenizer.encode_batch([row["text"] for row in rows])]
    labels = torch.tensor([[float("nan") if value is None else value for value in row["labels"]] for row in rows])
    keys = [crc32(row["text"].encode("utf-8", "replace")) for row in rows]
    generator = random.Random(0)
    for index, ids in enumerate(tokens):
        if split == "train" and len(ids) > SHORT and not labels[index].nan_to_num().any() and generator.random() < 0.75:
            tokens[index], keys[index] = [*ids[: SHORT - 1], ids[-1]], 0
    return Texts(tokens, labels, [row["source"] for row in rows], keys)


def batched(tokens: Sequence[Sequence[int]], generator: random.Random) -> list[list[int]]:
    """Indices of texts of about one length, at most TOKENS of them together, in random order."""
    order = sorted(range(len(tokens)), key=lambda index: len(tokens[index]) + generator.random() * 4)
    found: list[list[int]] = [[]]
    for index in order:
        is_full = len(found[-1]) >= 64 or (len(found[-1]) + 1) * len(tokens[index]) > TOKENS
        if found[-1] and is_full:
            found.append([])
        found[-1].append(index)
    generator.shuffle(found)
    return found


def padded(tokens: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask of one batch."""
    width = max(len(one) for one in tokens)
    ids = torch.tensor([[*one, *[PAD] * (width - len(one))] for one in tokens])
    mask = torch.tensor([[1] * len(one) + [0] * (width - len(one)) for one in tokens])
    return ids, mask


def run(model: Guard, tokens: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits of all heads and vectors, in the order of the texts."""
    logits, vectors = torch.zeros(len(tokens), len(HEADS)), torch.zeros(len(tokens), 384)
    model.eval()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for batch in batched(tokens, random.Random(0)):
            toxicity, injection, indirect, vector = model(*padded([tokens[index] for index in batch]))
            logits[batch] = torch.cat([toxicity, injection, indirect], dim=1).float()
            vectors[batch] = vector.float()
    return logits, vectors


def loss_of(model: Guard, texts: Texts, batch: Sequence[int], teacher: torch.Tensor) -> torch.Tensor:
    """Weighted binary losses over the labels that exist, and the distance to the frozen model's vectors where they were computed."""
    with torch.autocast("cpu", torch.bfloat16):
        toxicity, injection, indirect, vector = model(*padded([texts.tokens[index] for index in batch]))
    logits = torch.cat([toxicity, injection, indirect], dim=1).float()
    labels, wanted = texts.labels[batch], teacher[batch]
    known = ~labels.isnan()
    losses = functional.binary_cross_entropy_with_logits(logits, labels.nan_to_num() * 0.98 + 0.01, reduction="none")
    total = (losses * known * WEIGHTS).sum() / len(batch)
    has_vector = wanted.abs().sum(dim=1) > 0
    if has_vector.any():
        total = total + (1 - (vector[has_vector] * wanted[has_vector]).sum(dim=1)).mean()
    return total


def optimizer_of(model: Guard, rate: float) -> torch.optim.AdamW:
    """The word vectors stay: words that training lacks keep their meaning, and a step is faster."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad = "embeddings" not in name
    encoder = [parameter for parameter in model.encoder.parameters() if parameter.requires_grad]
    return torch.optim.AdamW(
        [{"params": encoder, "peak": rate}, {"params": [model.heads, model.biases], "peak": 10 * rate}, {"params": [model.projection], "peak": rate}],
        weight_decay=0.01,
        fused=True,
    )


def forever(texts: Texts) -> Iterator[list[int]]:
    """Batches, epoch after epoch."""
    epoch = 0
    while True:
        yield from batched(texts.tokens, random.Random(epoch))
        epoch += 1


def average(averaged: dict[str, torch.Tensor], model: Guard, step: int) -> None:
    """Move the running mean towards the weights of this step."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.requires_grad:
                averaged[name] = value.clone() if step < 100 else averaged[name].lerp_(value, 0.025)


def fit(model: Guard, texts: Texts, teacher: torch.Tensor, minutes: float, rate: float) -> dict[str, torch.Tensor]:
    """Train for a fixed time with a rising, then falling rate; give the running mean of the weights."""
    optimizer, averaged = optimizer_of(model, rate), {}
    started, seen, mean_loss = time.monotonic(), 0, 0.0
    for step, batch in enumerate(forever(texts)):
        progress = (time.monotonic() - started) / (60 * minutes)
        if progress >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * min(progress / 0.06, (1 - progress) / 0.94)
        model.train()
        loss = loss_of(model, texts, batch, teacher)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seen, mean_loss = seen + len(batch), 0.99 * mean_loss + 0.01 * loss.item()
        if step % 5 == 0:
            average(averaged, model, step)
        if step % 200 == 0:
            print(f"step {step} rows {seen} epochs {seen / len(texts.tokens):.2f} done {progress:.2f} loss {mean_loss:.3f}", flush=True)
    return averaged


def report(dev: Texts, logits: NDArray[np.float32]) -> None:
    """AUC of each head on each development source that has both classes, else the mean probability."""
    for head, name in enumerate(HEADS):
        if name not in {"toxic", "injection", "indirect"}:
            continue
        for source in sorted(set(dev.sources)):
            mine = np.array([one == source for one in dev.sources]) & ~np.isnan(dev.labels[:, head].numpy())
            truth, scores = dev.labels[mine, head].numpy() > 0.5, logits[mine, head]
            if mine.any():
                mean = f"label {truth.mean():.0f} mean {(1 / (1 + np.exp(-scores))).mean():.3f}"
                figure = f"AUC {roc_auc_score(truth, scores):.4f}" if 0 < truth.mean() < 1 else mean
                print(f"{name:10} {source:32} {mine.sum():5} {figure}")


def teacher_vectors(model: Guard, texts: Texts, cache: Path) -> torch.Tensor:
    """What the untrained model says of every third text, computed once."""
    known: dict[int, torch.Tensor] = torch.load(cache) if cache.exists() else {}
    missing = [index for index, key in enumerate(texts.keys) if key and key % 3 == 0 and key not in known]
    vectors = run(model, [texts.tokens[index] for index in missing])[1]
    known |= {texts.keys[index]: vector.clone() for index, vector in zip(missing, vectors, strict=True)}
    torch.save(known, cache)
    nothing = torch.zeros(384)
    return torch.stack([known.get(key, nothing) for key in texts.keys])


def main() -> None:
    """Train, save the averaged weights, print a first look at development rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--work", "--base"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    chosen = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(0)
    tokenizer = Tokenizer.from_file(str(chosen.base / "tokenizer.json"))
    tokenizer.no_padding()
    texts, dev = read(chosen.work, "train", tokenizer), read(chosen.work, "dev", tokenizer, DEV)
    print(f"{len(texts.tokens)} rows, {sum(map(len, texts.tokens))} tokens", flush=True)
    model = Guard(chosen.base)
    teacher = teacher_vectors(model, texts, chosen.work / "teacher.pt")
    if chosen.start:
        model.load_state_dict(torch.load(chosen.start))
    averaged = fit(model, texts, teacher, chosen.minutes, chosen.rate)
    model.load_state_dict(averaged, strict=False)
    torch.save(model.state_dict(), chosen.work / f"{chosen.name}.pt")
    report(dev, run(model, dev.tokens)[0].numpy())


if __name__ == "__main__":
    main()
