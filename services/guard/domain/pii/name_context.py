"""What the text around a name is about: persons, things in a list, or the values of settings."""

import re

from services.guard.domain.pii.name_lists import (
    TERMS,
    THINGS,
    is_city,
    is_thing,
    may_be_given_name,
    written_in_lists,
)

MAX_CHARS = 100
"""Before and after a name that are looked at."""
MAX_ITEM_CHARS = 48
MAX_SHORT_WORDS = 6
MAX_SHORT_CHARS = 100
_ENGLISH = """
he she him her his hers himself herself who whose mr mrs ms dr said says told asked replied called calls
wrote writes lives lived works worked born died married met friend friends colleague colleagues boss manager
mother father mom dad son daughter brother sister wife husband aunt uncle cousin neighbour neighbor teacher
student patient client customer tenant nurse doctor girl boy woman man guy lady kid child baby birthday
wedding meeting invite invited team hi hello dear regards thanks email phone met saw loves loved likes liked
thinks thought knows knew wants wanted went came left arrived signed sent ordered booked needs feels felt
moved i'm i my me
"""
_GERMAN = """
er sie ihn ihm ihr sein seine seiner seinem ihre ihrem ihren herr herrn frau sagt sagte fragt fragte meint
schrieb wohnt arbeitet geboren starb freund freundin kollege kollegin chef chefin mutter vater sohn tochter
bruder schwester mann tante onkel nachbar nachbarin lehrer lehrerin patient patientin kunde kundin mieter
mieterin junge mädchen geburtstag hallo liebe lieber ich mein meine mir mich
"""
_ROMANCE = """
il elle lui leur monsieur madame dit demande écrit habite travaille né née ami amie collègue mère père fils
fille frère sœur mari femme tante oncle voisin voisine patient patiente cliente bonjour cher chère je mon ma
mes nous él ella señor señora dijo dice preguntó escribió vive trabaja nació amigo amiga colega compañero
compañera madre padre hijo hija hermano hermana marido esposa tía tío vecino vecina paciente hola mi
nosotros yo mis lui lei signor signora disse chiese scrisse vive lavora nato nata amico amica collega figlio
figlia fratello sorella marito moglie zia zio vicino paziente ciao mio mia io noi ele ela senhor senhora
perguntou escreveu mora trabalha nasceu mãe pai filho filha irmão irmã olá meu minha eu nós
"""
_DUTCH = """
hij zij haar hem meneer mevrouw zei zegt vroeg schreef woont werkt geboren vriend vriendin moeder vader zoon
dochter broer zus tante oom buurman buurvrouw huurder klant hallo beste mijn ik wij ons
"""
_ALL = (_ENGLISH, _GERMAN, _ROMANCE, _DUTCH)
PERSON_WORDS = frozenset(word for words in _ALL for word in words.split())
"""Words of texts about persons: pronouns, verbs of persons, relations and greetings."""
OTHER_PERSON_WORDS = PERSON_WORDS - frozenset(("i", "i'm", "my", "me", "mi", "mein", "meine", "ich", "je"))
WORD = re.compile(r"(?<![^\W_])[^\W\d_]{1,24}(?:['\u2019][^\W\d_]{1,2})?")
_JOINT = r"(?:, ?|,? (?:and|or|und|oder|et|ou|y|o|u|e|en|of|vs\.?|versus) | ?& ?|/)"
_ITEM = r"(?:[^\W\d_]{2,24}(?:['\u2019]s)?)"
ITEM_BEFORE = re.compile(rf"(?:({_ITEM}){_JOINT})?({_ITEM}){_JOINT}\Z")
ITEM_AFTER = re.compile(rf"(?:['\u2019]s)?{_JOINT}({_ITEM})(?:{_JOINT}({_ITEM}))?(?![^\W_])")
WORD_BEFORE = re.compile(r"([^\W\d_]{2,24}(?:-[^\W\d_]{2,12})?) \Z")
ACT_AFTER = re.compile(
    r",? (?:says?|said|replied|asks?|asked|told|tells|thinks?|thought|knows?|knew|believes?|wants?|wanted"
    r"|hopes?|hates?|loves?|loved|likes?|liked|feels?|felt|cries|cried|laughs?|laughed|smiles?|smiled|smirks"
    r"|wakes?|woke|married|died|lives|lived|wrote|writes|sings?|sang|walks|walked|sat|stood|"
    r"(?:should|would|could|must|will) (?:have )?(?:say|said|know|known|think|want|tell|told))(?![^\W_])"
)
"""What a person does, thinks or feels."""
VERB_AFTER = re.compile(
    r" (?:is|isn['\u2019]t|was|wasn['\u2019]t|has|had|hasn['\u2019]t|looks|looked)(?![^\W_])"
)
PRONOUN_AFTER = re.compile(r",? (?:(?:when|if|because|as|since|while|and|so|but) s?he|who)(?![^\W_])")
NAME_FIELD = re.compile(
    r"(?<![^\W_])(?:(?:full|customer|client|user|contact|patient|employee|holder|owner|sender|recipient|person|guest)?"
    r"[_ -]?name|nom|nombre|nome|naam)[\"']? ?[:=] ?[\"']?\Z",
    re.IGNORECASE,
)
LINE_BEFORE = re.compile(r"(?:^|\n)[ \t]{0,24}(?:- )?[\w.-]{1,32}: {1,4}[\"']?\Z")
LINE_AFTER = re.compile(r"[\"']?[ \t]{0,4}(?:\n|\Z)")


def is_about_persons(text: str, start: int, end: int) -> bool:
    """Whether a pronoun, a verb of a person, a relation or a greeting is near."""
    words = WORD.findall(text, max(0, start - MAX_CHARS), start) + WORD.findall(text, end, end + MAX_CHARS)
    return any(word.lower() in PERSON_WORDS for word in words)


def is_before_act(text: str, end: int) -> bool:
    """Whether a verb of a person is directly behind."""
    return ACT_AFTER.match(text, end, end + MAX_ITEM_CHARS) is not None


def is_before_verb(text: str, end: int) -> bool:
    """Whether a verb that persons and things have is directly behind."""
    return VERB_AFTER.match(text, end, end + MAX_ITEM_CHARS) is not None


def is_before_pronoun(text: str, end: int) -> bool:
    """Whether a clause directly behind begins with a pronoun of persons, as in "for Nosipho when she"."""
    return PRONOUN_AFTER.match(text, end, end + MAX_ITEM_CHARS) is not None


def is_about_others(text: str, start: int, end: int) -> bool:
    """The same without the words for the speaker."""
    words = WORD.findall(text, max(0, start - MAX_CHARS), start) + WORD.findall(text, end, end + MAX_CHARS)
    return any(word.lower() in OTHER_PERSON_WORDS for word in words)


def is_short(text: str) -> bool:
    """Whether the whole text is a few words."""
    return len(text) <= MAX_SHORT_CHARS and len(WORD.findall(text)) <= MAX_SHORT_WORDS


def is_listed_with_thing(text: str, start: int, end: int) -> bool:
    """Whether a comma or conjunction joins the name to a term, a city, a brand or a plant."""
    before = ITEM_BEFORE.search(text, max(0, start - MAX_ITEM_CHARS), start)
    after = ITEM_AFTER.match(text, end, end + MAX_ITEM_CHARS)
    is_list = after is not None and not (after[2] is None and _is_apposition(text, end, after.end()))
    items = (*(before.groups() if before else ()), *(after.groups() if after and is_list else ()))
    return any(_is_thing_of_list(item) for item in items if item)


def is_part_of_thing(text: str, start: int, end: int) -> bool:
    """Whether the words, alone or with the word before, are the name of a dish, a plant or an animal."""
    written = written_in_lists(text[start:end])
    if written in THINGS and " " in written:
        return True
    before = WORD_BEFORE.search(text, max(0, start - MAX_ITEM_CHARS), start)
    return before is not None and f"{before[1].lower()} {written}" in THINGS


def is_value_of_name(text: str, start: int) -> bool:
    """Whether the key of a field for the name of a person is directly before."""
    return NAME_FIELD.search(text, max(0, start - MAX_ITEM_CHARS), start) is not None


def is_value(text: str, start: int, end: int) -> bool:
    """Whether it is alone behind the key of a setting in small letters, as in YAML."""
    before = LINE_BEFORE.search(text, max(0, start - MAX_CHARS), start)
    return before is not None and before[0].islower() and LINE_AFTER.match(text, end) is not None


def _is_apposition(text: str, end: int, item_end: int) -> bool:
    """Whether a comma is before the only item behind the name, and a word behind it."""
    return text[end : end + 1] == "," and text[item_end : item_end + 1] == " "


def _is_thing_of_list(item: str) -> bool:
    word = item.removesuffix("'s").removesuffix("\u2019s")
    if may_be_given_name(word):
        return False
    if is_thing(word):
        return True
    if not word[0].isupper():
        return False
    return is_city(word) or written_in_lists(word) in TERMS
