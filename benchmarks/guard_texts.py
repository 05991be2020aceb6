"""Prompts for the guard's benchmarks: ordinary, personal and hostile, all different, of a given length."""

import random
from collections.abc import Iterator

from tokenizers import Tokenizer

NAMES = (
    "Anna Schmidt",
    "Jean Dupont",
    "Maria García",
    "Peter Novak",
    "Lucia Rossi",
    "Tom Baker",
    "Fatima Khan",
    "Bram de Vries",
)
PLACES = (
    "12 Baker Street, London",
    "5 rue de la Paix, Paris",
    "Hauptstraße 7, Berlin",
    "the office in Lisbon",
    "Utrecht",
    "the warehouse",
)
THINGS = (
    "the invoice",
    "a travel plan",
    "this contract",
    "the quarterly report",
    "a birthday speech",
    "the error log",
    "my recipe",
    "the essay",
)
SENTENCES = (
    "Please summarise {thing} for {name} in three short points and keep the numbers.",
    "What is a polite way to tell {name} that {thing} is late again?",
    "Translate {thing} into German, then check the grammar of the second paragraph.",
    "Send {thing} to {mail} and mention that the parcel went to {place}.",
    "Write a function that sorts {thing} by date, explain each step, and add a test for the empty case.",
    "Compare {thing} with the one of {year} and say which is cheaper per month.",
    "{name} asked whether {thing} can be moved to {place} before {year}; what do you think?",
    "Call me back on +44 20 7946 0{digits} about {thing}, I am at home until six.",
    "You are a patient teacher: explain {thing} to a child of nine with an example from sport.",
    "That is the most stupid answer about {thing} that I have read since {year}, do it properly!",
    "The document says that the rules of {place} do not hold when {name} signs {thing}; is that common?",
)


def sentences(seed: int) -> Iterator[str]:
    """An endless sequence of sentences, the same for a seed."""
    chosen = random.Random(seed)
    while True:
        name = chosen.choice(NAMES)
        yield chosen.choice(SENTENCES).format(
            thing=chosen.choice(THINGS),
            name=name,
            place=chosen.choice(PLACES),
            mail=f"{name.split()[0].lower()}{chosen.randint(1, 99_999)}@example.com",
            year=chosen.randint(1950, 2035),
            digits=chosen.randint(100, 999),
        )


def texts(tokenizer: Tokenizer, tokens: int, count: int, seed: int = 1) -> list[str]:
    """`count` texts of exactly `tokens` tokens each."""
    source = sentences(seed)
    made: list[str] = []
    while len(made) < count:
        text = ""
        while len(encoded := tokenizer.encode(text, add_special_tokens=False).offsets) < tokens:
            text = f"{text} {next(source)}".strip()
        made.append(text[: encoded[tokens - 1][1]])
    return made
