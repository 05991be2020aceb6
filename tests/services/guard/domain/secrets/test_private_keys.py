"""A private key is masked from BEGIN to END whatever stands between its lines; texts about keys stay."""

import base64
import random
from itertools import pairwise

import pytest

from services.guard.domain.pii.registry import recognise
from services.guard.domain.secrets.private_keys import MAX_BODY_CHARS, private_keys
from services.guard.domain.spans import merged

RANDOM = random.Random(7)
LINES = [base64.b64encode(RANDOM.randbytes(48)).decode() for _ in range(12)]
LAST = "q8Zt3w=="
BEGIN, END = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"


def secrets(text: str) -> list[str]:
    return [text[span.start : span.end] for span in merged(recognise(text)) if span.kind == "SECRET"]


def framed(frame: str, lines: list[str]) -> str:
    return "".join(frame.format(line, number=number) for number, line in enumerate(lines, 1))


FRAMES = [
    "{}\n",
    "<p>{}</p>",
    "b'{}\\n'\n",
    'echo "{}" >> key.pem\n',
    'lines.append("{}")\n',
    "{number:4d}  {}\n",
    "2026-03-04T10:00:{number:02d}Z app[17] INFO stdout {}\n",
    '"{}" & vbCrLf & _\n',
    '{}<br class="line">',
    "<tr><td>{number}</td><td>{}</td></tr>\n",
    "> > {}\n\n",
    "+    {}\\r\\n",
    '  "{}" + System.lineSeparator() +\n',
    "key-{number}: {}\n",
]


@pytest.mark.parametrize("frame", FRAMES)
def test_a_key_is_masked_from_begin_to_end_in_every_frame(frame: str) -> None:
    text = "Why?\n" + framed(frame, [BEGIN, *LINES, LAST, END]) + "\nThanks"
    start, end = text.index(BEGIN), text.index(END) + len(END)

    assert secrets(text) == [text[start:end]]


@pytest.mark.parametrize("frame", FRAMES)
def test_each_line_of_a_key_without_its_end_is_masked(frame: str) -> None:
    text = framed(frame, [BEGIN, *LINES]) + "\n\nCan you tell me what is wrong with it?"

    (masked,) = secrets(text)

    assert all(line in masked for line in LINES)
    assert "Can you" not in masked


@pytest.mark.parametrize(
    "header",
    [
        "Comment: Anna <anna@example.com>\n",
        "Version: GnuPG v2.4\nComment: " + "made with a program of a long name " * 6 + "\n\n",
        "Bag Attributes\n    friendlyName: web\n    localKeyID: 54 69 6D\nKey Attributes: <No Attributes>\n",
        "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0F1E2D3C4B5A69788796A5B4C3D2E1F0\n\n",
    ],
)
@pytest.mark.parametrize("kind", ["PGP PRIVATE KEY BLOCK", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"])
def test_headers_of_any_length_belong_to_the_key(header: str, kind: str) -> None:
    key = f"-----BEGIN {kind}-----\n{header}" + "\n".join(LINES) + f"\n-----END {kind}-----"

    assert secrets(f"{key}\n") == [key]


def test_two_keys_and_the_text_between_them_are_apart() -> None:
    key = "\n".join([BEGIN, *LINES, END])

    assert secrets(f"old:\n{key}\nnew one below\n{key}") == [key, key]


@pytest.mark.parametrize(
    "text",
    [
        "The file begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----.",
        f'BEGIN = "{BEGIN}"\nspec = new PKCS8EncodedKeySpec(decoded)\nEND = "{END}"',
        'pem.replace("-----BEGIN PRIVATE KEY-----", "").replace("-----END PRIVATE KEY-----", "")',
        "grep -e '-----BEGIN OPENSSH PRIVATE KEY-----' .\nIn 3f5a9c0b7d21e84f6a9c0b7d21e84f6a3f5a9c0b.",
        "-----BEGIN PRIVATE KEY-----\n(your key goes here)\n-----END PRIVATE KEY-----",
        "Look for -----BEGIN RSA PRIVATE KEY----- first.\n" + "Then read the manual.\n" * 20 + LINES[0],
    ],
)
def test_a_text_about_keys_stays(text: str) -> None:
    assert list(private_keys(text)) == []


def test_a_text_with_a_little_base64_between_begin_and_end_stays_readable() -> None:
    text = f"{BEGIN}\n" + "The next chapter explains each field.\n" * 90 + LINES[0] + f"\n{END}"

    assert list(private_keys(text)) == []


def test_no_key_is_longer_than_the_bound() -> None:
    text = f"{BEGIN}\n" + "\n".join(LINES * 60)

    ((start, end),) = private_keys(text)

    assert start == 0
    assert end <= len(BEGIN) + MAX_BODY_CHARS


MEMBER = "qL7vT2xYb9Rk4mNc8Wd3Zf6Hj1Gs5Pa0-Uo_Ei"


@pytest.mark.parametrize("name", ["d", "p", "q", "dp", "dq", "qi", "k"])
@pytest.mark.parametrize(
    "frame",
    [
        '{{"kty":"RSA","{}":"{}"}}',
        '{{"kty" : "RSA", "{}" : "{}"}}',
        "{{'kty': 'RSA', '{}': '{}'}}",
        "{{ kty: 'oct', {}: '{}' }}",
        '"{{\\"kty\\":\\"RSA\\",\\"{}\\":\\"{}\\"}}"',
    ],
)
def test_each_private_member_of_a_json_key_is_masked(name: str, frame: str) -> None:
    text = frame.format(name, MEMBER)

    assert [text[start:end] for start, end in private_keys(text)] == [MEMBER]


def test_public_members_stay() -> None:
    text = f'{{"kty":"EC","kid":"{MEMBER}","x":"{MEMBER}","y":"{MEMBER}","n":"{MEMBER}","e":"AQAB"}}'

    assert list(private_keys(text)) == []


@pytest.mark.parametrize("name", ["D", "P", "Q", "DP", "DQ", "InverseQ"])
@pytest.mark.parametrize("frame", ["<{0}>{1}</{0}>", "&lt;{0}&gt;{1}&lt;/{0}&gt;"])
def test_each_private_element_of_an_xml_key_is_masked(name: str, frame: str) -> None:
    value = LINES[0]
    text = "<RSAKeyValue>" + frame.format("Modulus", value) + frame.format(name, value) + "</RSAKeyValue>"

    assert [text[start:end] for start, end in private_keys(text)] == [value]
    assert text.index(value) < next(iter(private_keys(text)))[0]


def test_spans_of_many_lines_begin_do_not_overlap() -> None:
    spans = list(private_keys(f"{BEGIN}\n{LINES[0]}\n" * 400))

    assert all(first[1] <= second[0] for first, second in pairwise(spans))
