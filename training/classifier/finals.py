"""The public sets that only measure: no training, choice or threshold uses them."""

import csv
import io
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mirror import Mirror, lines

HARMS = {"S": "sexual", "H": "hate", "V": "violence", "HR": "harassment", "SH": "self-harm"}
HARMS |= {"S3": "sexual, minors", "H2": "hate, threatening", "V2": "violence, graphic"}


@dataclass(frozen=True, slots=True)
class Item:
    """A text, the head it measures, whether that head should speak up, its set, and the group within."""

    text: str
    head: str
    truth: bool
    source: str
    group: str = ""


def moderation(mirror: Mirror) -> Iterator[Item]:
    """OpenAI's moderation release: harmful if any category says so; a category without a label counts as absent."""
    for row in lines(mirror.text("openai/moderation-api-release", "data/samples-1680.jsonl.gz")):
        names = [name for key, name in HARMS.items() if row.get(key) == 1]
        yield Item(row["prompt"], "toxicity", bool(names), "openai moderation", names[0] if names else "nothing")


def comments(mirror: Mirror) -> Iterator[Item]:
    """Short comments of social platforms, a forum, and posts with emoji."""
    for row in csv.DictReader(io.StringIO(mirror.text("surge-ai/toxicity", "toxicity_en.csv"))):
        yield Item(row["text"], "toxicity", row["is_toxic"] == "Toxic", "surge toxicity")
    for row in csv.DictReader(io.StringIO(mirror.text("HannahKirk/Hatemoji", "HatemojiCheck/test.csv"))):
        yield Item(row["text"], "toxicity", row["label_gold"] in {"1", "hateful"}, "hatemojicheck", row["functionality"])
    rows = csv.DictReader(io.StringIO(mirror.text("Vicomtech/hate-speech-dataset", "annotations_metadata.csv")))
    sampled = set(mirror.names("Vicomtech/hate-speech-dataset", "sampled_test/"))
    for row in rows:
        path = f"sampled_test/{row['file_id']}.txt"
        if path in sampled and row["label"] in {"hate", "noHate"}:
            yield Item(mirror.text("Vicomtech/hate-speech-dataset", path), "toxicity", row["label"] == "hate", "vicomtech")


def hatecheck(mirror: Mirror) -> Iterator[Item]:
    """Functional tests, twice: by the kind of sentence, and by the people it is about; and a sample of them in ten other languages."""
    for row in csv.DictReader(io.StringIO(mirror.text("paul-rottger/hatecheck-data", "test_suite_cases.csv"))):
        is_hate = row["label_gold"] == "hateful"
        yield Item(row["test_case"], "toxicity", is_hate, "hatecheck", row["functionality"])
        yield Item(row["test_case"], "toxicity", is_hate, "hatecheck by group", row["target_ident"] or "nobody")
    repository, folder = "rewire-online/multilingual-hatecheck", "MHC Final Cases"
    for language in ("arabic", "dutch", "french", "german", "hindi", "italian", "mandarin", "polish", "portuguese", "spanish"):
        cases = list(csv.DictReader(io.StringIO(mirror.text(repository, f"{folder}/hatecheck_cases_final_{language}.csv"))))
        for row in random.Random(language).sample(cases, 400):
            yield Item(row["test_case"], "toxicity", row["label_gold"] == "hateful", "hatecheck by language", language)


def attacks(mirror: Mirror) -> Iterator[Item]:
    """People's attacks on a guarded password, and harmless prompts full of trigger words."""
    repository = "HumanCompatibleAI/tensor-trust-data"
    for kind in ("hijacking", "extraction"):
        text = mirror.text(repository, f"benchmarks/{kind}-robustness/v1/{kind}_robustness_dataset.jsonl")
        for attack in dict.fromkeys(row["attack"] for row in lines(text)):
            yield Item(attack, "injection", truth=True, source="tensor trust", group=kind)
    for count in ("one", "two", "three"):
        for row in json.loads(mirror.text("leolee99/PIGuard", f"datasets/NotInject_{count}.json")):
            yield Item(row["prompt"], "injection", truth=False, source="notinject", group=row.get("category", ""))


def hidden(mirror: Mirror) -> Iterator[Item]:
    """BIPIA's test tasks inside its test mails, tables and code, and the same contexts without."""
    generator = random.Random("final")
    files = {kind: json.loads(mirror.text("microsoft/BIPIA", f"benchmark/{kind}_attack_test.json")) for kind in ("text", "code")}
    tasks = [(kind, task) for kind, found in files.items() for some in found.values() for task in some]
    contexts = [row["context"] for name in ("email", "table") for row in lines(mirror.text("microsoft/BIPIA", f"benchmark/{name}/test.jsonl"))[:150]]
    for context in contexts:
        yield Item(context, "indirect", truth=False, source="bipia test", group="clean")
        kind, task = generator.choice(tasks)
        place = generator.choice(["start", "middle", "end"])
        rows = context.split("\n")
        rows.insert({"start": 0, "middle": len(rows) // 2, "end": len(rows)}[place], task)
        yield Item("\n".join(rows), "indirect", truth=True, source="bipia test", group=f"{kind} at the {place}")


def prompts(mirror: Mirror) -> Iterator[Item]:
    """Ordinary prompts that development did not use, for the false positives."""
    for name in ("mt_bench", "vicuna_bench"):
        for row in lines(mirror.text("lm-sys/FastChat", f"fastchat/llm_judge/data/{name}/question.jsonl")):
            for head in ("toxicity", "injection", "indirect"):
                yield from (Item(turn, head, truth=False, source="ordinary prompts", group=name) for turn in row["turns"])


def t0_prompts(work: Path) -> Iterator[Item]:
    """Templates of T0 that neither training nor development saw."""
    for line in (work / "rows.jsonl").open(encoding="utf-8"):
        row = json.loads(line)
        if row["split"] == "final":
            for head in ("toxicity", "injection", "indirect"):
                yield Item(row["text"], head, truth=False, source="ordinary prompts", group=row["source"])


def foreign(mirror: Mirror) -> list[Item]:
    """The final items of sources that training does not read at all."""
    parts = (moderation(mirror), comments(mirror), hatecheck(mirror), attacks(mirror), hidden(mirror), prompts(mirror))
    return [item for part in parts for item in part]


def everything(mirror: Mirror, work: Path) -> list[Item]:
    """All final items."""
    return [*foreign(mirror), *t0_prompts(work)]
