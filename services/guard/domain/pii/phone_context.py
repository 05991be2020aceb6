"""Words for telephones, calling and texting in many languages, beside which digits are a telephone number."""

import re

import re2

from services.guard.domain.pii.context import MAX_AFTER_CHARS, MAX_BEFORE_CHARS, context_words, has_context
from services.guard.domain.text.surrogates import without_surrogates
from services.guard.domain.text.word_lists import read_sections

_PHONE_WORDS = read_sections("phone_words.txt")
_NO_CALL = (
    r"(?! (?:function|return|stack|buffer|graph|cent|option|volume|sites?|count|logs?|id"
    r"|to (?:the )?\w{2,20}\())"
)
"""Calls of programs and not of people."""
PHONE_WORDS = context_words(
    r"phone\w{0,8}", r"tel\.?", r"t[ée]l\.?", r"telef\w{1,8}", r"t[ée]l[ée]phon\w{1,4}",
    rf"call(?:ed|ing)?{_NO_CALL}", r"mobil\w{0,5}", "cell", r"cellulare", r"celular", r"fax",
    "whatsapp", "sms",
    "handy(?:nummer)?", r"r[üu]ckruf\w{0,3}", r"anruf\w{0,3}", r"ruf(?:en?|t|st)?", r"rufnummer",
    r"erreichbar",
    r"m[óo]vil", r"tfno\.?", r"ll[áa]m\w{1,6}", r"portable", r"appel\w{0,5}", r"joindre", r"chiam\w{1,6}",
    r"ligue\w{0,3}", r"ligar", r"bel(?:len)?", "gsm", r"text(?:ed)? (?:me|him|her|us)", r"dial",
    rf"ring{_NO_CALL}",
    r"hotline", r"messages? to", r"reach(?:ed)?(?: \w{2,10})? (?:at|on|under)", r"(?<!_)contact\w{0,3}",
    r"(?:my|his|her|your|their|our|registered) numbers?", r"(?:meine|seine|ihre|deine) nummer",
    r"(?:mi|su|tu) n[úu]mero", r"(?:mon|son|votre) num[ée]ro", r"(?:mio|suo|tuo) numero",
    r"(?:meu|seu) n[úu]mero", r"mijn nummer",
    r"n[úu]mero (?:dela|dele|de ella|de él)", r"(?:il|el|o|le) (?:suo |mio )?num[eé]ro (?:è|es|é|est)",
    "answering", r"rappel\w{0,5}", r"richiam\w{2,5}", r"(?:terug)?(?:ge)?bel(?:d|len)?", r"landline",
    r"komórk\w{1,4}", r"(?:za|od)?dzwo[nń]\w{0,5}", r"zavol\w{1,5}", r"volej\w{0,3}", r"ring(?:a|er)",
    r"cep", "aray[i\u0131]n",
    r"тел\.?", r"телефон\w{0,4}", r"(?:по)?звон\w{1,6}", r"мобильн\w{1,4}", r"(?:за|по)?дзвон\w{1,6}", "هاتف",
    "جوال", "موبايل", "טלפון", "נייד", "फोन", "फ़ोन", "मोबाइल", r"τηλ\w{0,8}", "κινητό", "điện thoại", "sđt",
    unspaced=(
        "电话", "電話", "手机", "手機", "携帯", "联系方式", "連絡先", "전화", "휴대폰", "연락처",
        "โทร", "เบอร์", "มือถือ",
    ),
)  # fmt: skip
CALLING_WORDS = context_words(
    *(re.escape(word).replace(r"\*", r"\w{0,8}") for word in _PHONE_WORDS[""]),
    unspaced=_PHONE_WORDS["unspaced"],
)
MAYBE_CALLING = re2.compile(
    "(?i)" + "|".join(re2.escape(word.rstrip("*")) for words in _PHONE_WORDS.values() for word in words)
)
"""Whether one of so many words may be near is seen far faster without their edges."""


def has_phone_word(text: str, start: int, end: int) -> bool:
    """Whether a word for a telephone or for calling is near the span."""
    if has_context(text, start, end, PHONE_WORDS):
        return True
    window = text[max(0, start - MAX_BEFORE_CHARS) : end + MAX_AFTER_CHARS]
    may_call = MAYBE_CALLING.search(without_surrogates(window)) is not None
    return may_call and has_context(text, start, end, CALLING_WORDS)
