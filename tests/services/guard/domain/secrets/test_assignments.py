"""Values assigned to words for secrets are found in many languages and formats, and ordinary texts stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.pii.registry import recognise
from services.guard.domain.secrets.assignments import assigned_secrets
from services.guard.domain.spans import merged
from tests.services.guard.domain.secrets.secret_texts import (
    ASSIGNMENTS,
    HARMLESS,
    KEY_VALUES,
    KEYS,
    PIN_VALUES,
    PINS,
    SENTENCES,
    VALUES,
)

LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"


def secrets(text: str) -> list[str]:
    return [text[span.start : span.end] for span in merged(recognise(text)) if span.kind == "SECRET"]


@pytest.mark.parametrize("text", [*SENTENCES, *ASSIGNMENTS])
def test_a_password_is_found_and_nothing_beside_it(text: str) -> None:
    for value in VALUES:
        assert secrets(text.format(value)) == [value]


@pytest.mark.parametrize("text", KEYS)
def test_a_key_is_found_behind_its_word(text: str) -> None:
    for value in KEY_VALUES:
        assert secrets(text.format(value)) == [value]


@pytest.mark.parametrize("text", PINS)
def test_a_pin_is_found_behind_its_word(text: str) -> None:
    for value in PIN_VALUES:
        assert secrets(text.format(value)) == [value]


@pytest.mark.parametrize("text", HARMLESS)
def test_an_ordinary_text_holds_no_secret(text: str) -> None:
    assert secrets(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Zk8!vTq2Lm is my password", "Zk8!vTq2Lm"),
        ("use Zk8!vTq2Lm as the admin password", "Zk8!vTq2Lm"),
        ("482913 is your verification code", "482913"),
        ("password is <b>jenk1ns</b>", "jenk1ns"),
        ("<td>Password</td><td>jenk1ns</td>", "jenk1ns"),
        ("ENV DB_PASSWORD secret123x", "secret123x"),
        ('"username": "jane", "password": "sesame"', "sesame"),
        ("spring.mail.password=sesame", "sesame"),
        ("мой пароль qwerty123", "qwerty123"),
        ("पासवर्ड billi123 है", "billi123"),
        ("my password's Zk8!vTq2Lm", "Zk8!vTq2Lm"),
        ("the root password is still Winter2025", "Winter2025"),
        ("password=Zk8,vT;q2", "Zk8,vT;q2"),
        ("password=Zk8vTq2&user=jane", "Zk8vTq2"),
    ],
)
def test_other_orders_and_frames_are_read(text: str, value: str) -> None:
    assert secrets(text) == [value]


@given(
    st.text(LETTERS, min_size=2, max_size=6),
    st.sampled_from("!#%^&*+~"),
    st.integers(10, 999),
    st.text(LETTERS, min_size=2, max_size=6),
    st.sampled_from(("пароль: {}", "DB_PASS={}", "hasło to {}", "密码是{}", "my password is {}")),
)
def test_any_password_of_letters_digits_and_special_characters_is_found(
    first: str, special: str, number: int, last: str, text: str
) -> None:
    value = f"Q{first}{special}{number}{last}"
    assert secrets(text.format(value)) == [value]


def test_surrogates_do_not_stop_the_search() -> None:
    assert secrets("\ud800 password: Zk8!vTq2Lm") == ["Zk8!vTq2Lm"]


@pytest.mark.parametrize(
    "text",
    [
        "My Mistral key is {}",
        "the Groq key was {}.",
        "SendGrid key: {}",
        "mapbox_key = {}",
        'const KEY = "{}"',
        "https://example.org/v1?key={}&q=x",
        "use the key {} to log in",
        "{} is my key",
        "ma clé est {}",
        "la chiave di Stripe è {}",
        "Mój klucz OpenAI to {}",
        "мой ключ: {}",
        "kunci: {}",
        "anahtarım: {}",
        "キーは{}です",
        "키: {}",
    ],
)
@pytest.mark.parametrize("value", ["pQ4rT6uW8yZ1bN3m", "Vx9-Lq27_RtB4mKw8"])
def test_a_random_value_beside_a_bare_word_for_a_key_is_found(text: str, value: str) -> None:
    assert secrets(text.format(value)) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "primary key: pQ4rT6uW8yZ1bN3m",
        "clé primaire : pQ4rT6uW8yZ1bN3m",
        "открытый ключ: pQ4rT6uW8yZ1bN3m",
        "cache_key = 'pQ4rT6uW8yZ1bN3m'",
        "key: invoiceTotal2Row3",
        "key: 0f8fad5b-d9cb-469f-a165-70867728950e",
        "The key is Ctrl+Shift+F12",
        "key: user-profile-2024-v2",
        "PublicKeyToken=31bf3856ad364e35",
        "public_key_token: 31bf3856ad364e35",
        "cursor_token=eyJpZCI6NDgxNzJ9",
    ],
)
def test_other_keys_and_public_ones_are_none(text: str) -> None:
    assert secrets(text) == []


@pytest.mark.parametrize(
    "value", ["sk-9931plokij77wq", "sk-demo5520qwer1188", "8842hgfdsa19zzxx", "sk-test8831"]
)
@pytest.mark.parametrize("text", ["my api key is {}", "mein API-Schlüssel lautet {}", "la clé API est {}"])
def test_a_key_of_lower_case_letters_and_digits_is_found_in_a_sentence(text: str, value: str) -> None:
    assert secrets(text.format(value)) == [value]


@pytest.mark.parametrize("value", ["(mZ$7]wR~4!kT", "{pL8}nnY!37x", "[jH5]xC3vNq9"])
@pytest.mark.parametrize("text", ["Kennwort: {}", "pwd: {}", "le mot de passe est {}"])
def test_a_password_may_begin_with_a_bracket(text: str, value: str) -> None:
    assert secrets(text.replace("{}", value)) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "password: [WITHHELD1]",
        "password: (see page 12)",
        "password: {{ db.Password1 }}",
        "password: $(cat /run/db1)",
        "https://ci-user:${{ secrets.DEPLOY_TOKEN }}@git.example.com/o/r.git",
        "https://__token__:$PYPI_TOKEN@upload.example.org/legacy/",
    ],
)
def test_a_text_in_brackets_and_what_follows_a_bracket_is_no_secret(text: str) -> None:
    assert secrets(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("heslo je Kost33lesy!", "Kost33lesy!"),
        ("my password is Sunny88day!\nthanks", "Sunny88day!"),
        ("my password is Sunny88day! Thanks", "Sunny88day"),
        ("my pin is 4821!", "4821"),
    ],
)
def test_a_mark_at_the_end_of_a_line_is_masked_with_its_password(text: str, value: str) -> None:
    assert secrets(text) == [value]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("contraseña: contraseña9", "contraseña9"),
        ('password="user1!"', "user1!"),
        ("pwd=ab1", "ab1"),
        ("пароль: qwerty", "qwerty"),
        ("user: bob, password: sunshine7", "sunshine7"),
        ("user=bob password=bluebird", "bluebird"),
        ("password: (Zk8!vTq2Lm)", "Zk8!vTq2Lm"),
        ("password: x9!john.doe@example.com", "x9!john.doe@example.com"),
        ("hunter2 is my password", "hunter2"),
        ('<property name="connection.password">Rpxw90W2GWg</property>', "Rpxw90W2GWg"),
        ('variable "pw" { default = "Kygp86kDc6j" }', "Kygp86kDc6j"),
    ],
)
def test_a_weak_value_behind_a_clear_label_is_found(text: str, secret: str) -> None:
    assert [text[start:end] for start, end in assigned_secrets(text)] == [secret]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("pw: Abc1<d>e2!x", "Abc1<d>e2!x"),
        ("password: Ab9!>x<y7", "Ab9!>x<y7"),
        ("Passwort: Zk8<3!vTq2", "Zk8<3!vTq2"),
        ("password = a1>b2<c3!", "a1>b2<c3!"),
        ("pwd: <Zk8!v>Tq2", "<Zk8!v>Tq2"),
        ("Password: hunter22<br>next", "hunter22"),
        ("pass: Xy7#<b>bold</b>", "Xy7#"),
        ("<p>Password: abc123!</p>", "abc123!"),
        ('password: abc123!<x-field name="a">', "abc123!"),
    ],
)
def test_angle_signs_belong_to_a_password_unless_they_are_markup(text: str, secret: str) -> None:
    assert [value.rstrip("!") for value in secrets(text)] == [secret.rstrip("!")]


@pytest.mark.parametrize(
    "text",
    [
        "password: Optional<String>",
        "password: Map<String,int32>",
        "user: admin, password: Set<u8>",
        '"username": "string", "password": "bytes"',
    ],
)
def test_a_type_is_no_password(text: str) -> None:
    assert secrets(text) == []
