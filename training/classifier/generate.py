"""Writes training sentences from the templates beside it: rare harms, attacks, and the harmless texts that look like both."""

import base64
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rows import Row, benign, clean, harm, is_held_out

SENTENCES = Path(__file__).parent / "sentences"
SLOT = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
LEET = str.maketrans("aeiost", "431057")
Slots = Mapping[str, Sequence[str]]


def filled(template: str, slots: Slots, generator: random.Random) -> str:
    """The template with each slot filled at random; slots may hold slots."""

    def one(match: re.Match[str]) -> str:
        name = match[1]
        if name == "n":
            return str(generator.randrange(2, 2000))
        if name == "b64":
            return base64.b64encode(generator.choice(slots["topic"] if generator.random() < 0.5 else slots["goal"]).encode()).decode()
        if name in {"half1", "half2"}:
            goal = generator.choice(slots["goal"])
            return goal[: len(goal) // 2] if name == "half1" else goal[len(goal) // 2 :]
        return filled(generator.choice(slots[name]), slots, generator)

    return re.sub(r"  +", " ", SLOT.sub(one, template)).strip()


def worn(text: str, generator: random.Random) -> str:
    """As people type it: case, final stop and spacing must not tell a class, so every class is worn the same way."""
    dice = generator.random()
    if dice < 0.25:
        text = text.lower()
    elif dice < 0.29:
        text = text.upper()
    elif dice < 0.5:
        text = text[:1].upper() + text[1:]
    dice = generator.random()
    if dice < 0.25:
        text = text.rstrip(".!")
    elif dice < 0.28:
        text = text.translate(LEET)
    elif dice < 0.29:
        text = " ".join(text[:60])
    elif dice < 0.31:
        text = text.replace(" ", "  ", 3) + "!!!"
    return text


def typo(text: str, generator: random.Random) -> str:
    """Two neighbouring letters swapped, in one text of twelve."""
    if len(text) < 12 or generator.random() > 0.08:
        return text
    place = generator.randrange(1, len(text) - 2)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def loaded(name: str) -> dict:
    """A file of templates."""
    return json.loads((SENTENCES / name).read_text(encoding="utf-8"))


def drawn(group: Mapping, slots: Slots, generator: random.Random) -> Iterator[tuple[str, str]]:
    """Split and sentence, as often as the group says; templates that are held out give the development rows."""
    for _ in range(group["count"]):
        template = generator.choice(group["templates"])
        yield ("dev" if is_held_out(template) else "train"), filled(template, slots, generator)


def harms() -> Iterator[Row]:
    """Rare harms and their harmless neighbours, alone and inside longer texts."""
    data, generator = loaded("harm.json"), random.Random("harm")
    quiet = [text for group in data["groups"] if not group["labels"] for split, text in drawn(group, data["slots"], generator) if split == "train"]
    for group in data["groups"]:
        labels = harm(*group["labels"]) if group["labels"] else benign()
        for split, text in drawn(group, data["slots"], generator):
            dice, whole = generator.random(), text
            if dice < 0.3:
                parts = [*generator.sample(quiet, generator.randrange(1, 4)), text]
                generator.shuffle(parts)
                whole = generator.choice([" ", " ", "\n"]).join(parts)
            elif dice < 0.5:
                more = generator.sample(group["templates"], generator.randrange(1, 4))
                whole = " ".join([text, *(filled(other, data["slots"], generator) for other in more if is_held_out(other) == (split == "dev"))])
            yield Row(typo(worn(whole, generator), generator), f"made:{group['name']}", labels, split)


def attack_slots(data: Mapping) -> Slots:
    """All slots of the injection file, its payloads in other languages too."""
    return {**data["slots"], **data["payloads"]}


def attacks(ordinary: Sequence[str]) -> Iterator[Row]:
    """Direct attacks and benign texts with the same words, alone and behind or before ordinary prompts."""
    data, generator = loaded("injection.json"), random.Random("injection")
    slots = attack_slots(data)
    for group in data["groups"]:
        is_attack = bool(group["labels"])
        labels = {**(clean() if group["name"] != "jailbreak" else {}), "injection": 1.0} if is_attack else benign()
        for split, text in drawn(group, slots, generator):
            dice, whole = generator.random(), text
            if dice < 0.15:
                other = generator.choice(ordinary)[:300]
                whole = generator.choice([f"{other}\n{text}", f"{text} {other}", f"{other} {text}", f"{other}\n\n{text}"])
            elif dice < 0.25:
                whole = f"{text} {filled(generator.choice(group['templates']), slots, generator)}"
            yield Row(typo(worn(whole, generator), generator), f"made:{group['name']}", labels, split)


def spliced(document: str, sentence: str, generator: random.Random) -> str:
    """The sentence at the start, at the end or at a break of the document."""
    breaks = [0, len(document), *(match.end() for match in re.finditer(r"[.!?;]\s|\n", document))]
    place = generator.choice(breaks)
    gap = generator.choice([" ", "\n", "\n\n"])
    return document[:place].rstrip() + gap + sentence + gap + document[place:].lstrip()


def documents(contexts: Sequence[str], tasks: Sequence[str], count: int) -> Iterator[Row]:
    """Documents with an instruction to the model hidden inside (indirect), and the same kinds without or with a harmless sentence."""
    data, generator = loaded("injection.json"), random.Random("documents")
    slots, made = attack_slots(data), data["indirect"]
    benign_groups = [group for group in data["groups"] if group["name"] in {"trigger_words", "everyday"}]
    for _ in range(count):
        template = generator.choice(made["attack"])
        source = generator.choice(made["documents"]).replace("{{", "(").replace("}}", ")") if generator.random() < 0.4 else generator.choice(contexts)
        document = filled(source, slots, generator) if "{" in source and source not in contexts else source
        start = generator.randrange(max(1, len(document) - 300)) if generator.random() < 0.5 else 0
        dice = generator.random()
        document = document[start : start + generator.randrange(120, 420) + (0 if dice < 0.45 else 90)]  # what hides no attack is as long
        if dice < 0.45:
            sentence = filled(template.replace("{do}", generator.choice(made["do"])), slots, generator)
            task = generator.choice(tasks)
            if generator.random() < 0.3:
                template, sentence = task, task
            split = "dev" if is_held_out(template) else "train"
            yield Row(worn(spliced(document, sentence[:250], generator), generator), "made:indirect", {**clean(), "indirect": 1.0}, split)
        elif dice < 0.6:
            template = generator.choice(generator.choice(benign_groups)["templates"])
            split = "dev" if is_held_out(template) else "train"
            other = generator.choice(contexts)[:120]
            sentence = generator.choice([other, filled(template, slots, generator)])
            yield Row(worn(f"{sentence}\n{document}", generator), "made:indirect_neighbours", benign(), split)
        else:
            yield Row(worn(document, generator), "made:documents", benign(), "dev" if generator.random() < 0.1 else "train")
