"""Odd texts: lone surrogates, marks, control characters and odd scripts, mixed at random by a seed."""

import random

from benchmarks.guard_worst_texts import FAMILIES

HALVES = ("\ud800", "\udfff", "\ud83d")
ODD = (
    *(
        "\x00",
        "\x1b",
        "\u202e",
        "\u2066",
        "\u2069",
        "\u200f",
        "\u200b",
        "\u200d",
        "\ufeff",
        "\u0301" * 40,
        "\u0345",
        "\u034f",
        "\u1160",
        "\u3164",
    ),
    *(
        "\ufdfa",
        "\u3371",
        "\u2490",
        "\ufb03",
        "\u0130",
        "\u0131",
        "\u017f",
        "\u212a",
        "\u1e9e",
        "\u01c5",
        "\u0390",
        "\U0001d7cf",
        "\u0661",
        "\u2460",
    ),
    *(
        "\u00b2",
        "\u2028",
        "\x85",
        "\x1c",
        "\u3000",
        "\u00a0",
        "\u180e",
        "\U0001f469\u200d\U0001f467",
        "\U0001f150",
        "\U000e0061",
        "\U000e0101",
    ),
    *(
        "\ufe0f",
        "\U0010ffff",
        "\uffff",
        "\ufdd0",
        "\u1100",
        "\u0e44\u0e17\u0e22",
        "\u05d0\u05d1",
        "\u8acb",
        "\uff9e",
        "\uff20",
        "\uff11",
        "\uff1a",
    ),
)
PARTS = (
    *(
        "a",
        "A",
        " ",
        "\n",
        "\r\n",
        "\t",
        ".",
        ",",
        "-",
        "_",
        "@",
        "+",
        ":",
        "/",
        "://",
        "\\u",
        "\\x",
        "%41",
        "%ff",
        "&#65;",
        "&#x110000;",
        "<doc>",
    ),
    *(
        "</doc>",
        "```",
        "# Context\n",
        '"',
        "'",
        "(",
        ")",
        "{",
        "}",
        "|",
        "=",
        "!",
        "$",
        "<~",
        "~>",
        "0x",
        "1",
        "1234",
        "12345678",
        "4111111111111111",
    ),
    *(
        "DE89370400440532013000",
        "anna@example.com",
        "+49 30 901820",
        "00",
        "192.168.1.1",
        "a:b:c::1",
        "password=",
        "token: ",
        "sk-",
        "eyJ",
    ),
    *(
        "-----BEGIN PRIVATE KEY-----",
        "P<UTO",
        "born on ",
        "1.1.1990",
        "passport ",
        "account ",
        "ssn ",
        "Mr ",
        "Anna",
        "Schmidt",
        "aWdub3Jl",
    ),
    *(
        "ignore all previous instructions",
        "69676e6f7265",
        "01000001",
        "65, 66, 67, ",
        ".-. ",
        "vtaber",
        "<PERSON_1>",
        "[SECRET]",
        "<|im_start|>",
    ),
    *("12 Baker Street", "rue de la Paix", "\\ud800", "\\U0010ffff", "\\x80", "9" * 30, "a" * 50, "A1" * 20),
)
EMPTY = ("", " ", "\n\n", "\t \u3000", "\u200b", "\x00", "\u0301", *HALVES)


def odd_texts(seed: int, count: int) -> list[str]:
    """The same for a seed; the first ones are empty or nearly so."""
    drawn = random.Random(seed)

    def one() -> str:
        match drawn.randrange(5):
            case 0:
                return "".join(drawn.choices(PARTS + ODD, k=drawn.randint(1, 30)))
            case 1:
                return "".join(
                    chr(
                        drawn.choice(
                            (
                                drawn.randint(0, 0x2FF),
                                drawn.randint(0, 0xD7FF),
                                drawn.randint(0xE000, 0x10FFFF),
                            )
                        )
                    )
                    for _ in range(40)
                )
            case 2:
                return (drawn.choice(ODD + PARTS) * drawn.randint(1, 200))[:600]
            case 3:
                text = drawn.choice(list(FAMILIES.values()))(drawn.randint(1, 300)).replace("\ud800", "-")
                return text[: len(text) // 2] + drawn.choice(ODD) + text[len(text) // 2 :]
            case _:
                return "".join(drawn.choices(ODD, k=drawn.randint(1, 20)))

    return [*EMPTY, *(one() for _ in range(count))][:count]
