"""Folds words that are written with look-alike characters (homoglyphs) to Latin letters."""

# ruff: noqa: RUF001 - look-alike letters are the subject

import re
import unicodedata

from services.guard.domain.text.lexicon import KNOWN_WORDS

# Characters from Unicode's confusables.txt (Unicode License v3) that NFKC does not resolve; beside them
# small capitals, letters upside down, and letters that look alike in lower case only.
HOMOGLYPHS = {
    "a": "ɐɑΑαАаᎪᗅᴀꓮ",
    "b": "ßƄʙΒВЬвᏏᏴᑲᖯᗷꓐꞴ",
    "c": "ɔСсᏟᴄⲤⲥꓚꮯ",
    "d": "đԁᎠᏧᑯᗞᗪᴅꓒꓓ",
    "e": "ǝΕεЕеёҽᎬᴇⴹꓰꬲ",
    "f": "ɟϜքᖴẝꓝꜰꞘꞙꬵ",
    "g": "ƍɡɢԌցᏀᏳᶃꓖ",
    "h": "ħɥʜΗНнһհᎻᏂᕼⲎꓧ",
    "i": "ıɩɪΙιІіӀӏᎥᴉⲒꙇꭵ",
    "j": "ɾͿϳЈјᎫᒍᴊꓙꞲ",
    "k": "ʞΚκКкқҝᏦᛕᴋⲔꓗ",
    "l": "łƖǀʟᏞᒪᛁⳐⵏꓡꓲ",
    "m": "ɯΜϺМмᎷᗰᛖᴍⲘꓟ",
    "n": "ɴΝηոռⲚꓠ",
    "o": "øΟοσОоՕօଠഠဝჿዐᴏᴑⲞⲟⵔꓳꬽ",
    "p": "ΡρРрᏢᑭᴘⲢⲣꓑ",
    "q": "ǫԛգզⵕꞯ",
    "r": "ƦɹʀгяᎡᏒᖇᴦⲅꓣꭇꭈꮁ",
    "s": "ƽςЅѕՏᏕᏚꓢꜱꮪ",
    "t": "ŧʇΤτТтᎢᴛⲦꓔ",
    "u": "ʋμυиՍսሀᑌᴜꓴꞟꭎꭒ",
    "v": "ʌνѴѵᏙᐯᴠⴸꓦꛟꮩ",
    "w": "ʍωѡԜԝաᎳᏔᴡꓪꮃ",
    "x": "ΧХхᕁᕽᚷⲬⵝꓫꞳ",
    "y": "ɣʎʏΥγУуҮүყᎩᎽᶌỿⲨꓬꭚ",
    "z": "ΖᏃᴢꓜꮓ",
}
_LETTER_EMBLEMS = {
    chr(first + index): chr(97 + index) for first in (0x1F150, 0x1F170, 0x1F1E6) for index in range(26)
}
_LATIN_OF = {
    character: letter for letter, homoglyphs in HOMOGLYPHS.items() for character in homoglyphs
} | _LETTER_EMBLEMS
_ALPHABET_LETTERS = frozenset("ßøłđħŧı") | frozenset(_LETTER_EMBLEMS)
"""Letters of Latin alphabets, and flags, which are no sign of a disguise by themselves."""
MIN_WORD_LETTERS = 3
_WORD = re.compile(r"(?:[^\W\d_]|[\U0001f150-\U0001f189\U0001f1e6-\U0001f1ff])+")


def fold_homoglyphs(text: str) -> str:
    """Fold each disguised word to Latin letters; ordinary words of any script are unchanged."""
    return text if text.isascii() else _WORD.sub(lambda match: _folded(match.group()), text)


def without_marks(text: str) -> str:
    """Remove accents and other nonspacing marks (category Mn)."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFD", text)
    letters = "".join(letter for letter in decomposed if unicodedata.category(letter) != "Mn")
    return unicodedata.normalize("NFC", letters)


def _folded(word: str) -> str:
    if word.isascii() or len(word) < MIN_WORD_LETTERS:
        return word
    folded = "".join(_LATIN_OF.get(letter, letter) for letter in without_marks(word))
    return folded if folded.isascii() and _is_disguised(word, folded) else word


def _is_disguised(word: str, folded: str) -> bool:
    if _mixes_alphabets(word) or _is_all_homoglyphs(word):
        return True
    return len(word) > MIN_WORD_LETTERS and folded.lower() in KNOWN_WORDS


def _mixes_alphabets(word: str) -> bool:
    return any(letter.isascii() for letter in word) and any(_is_suspicious(letter) for letter in word)


def _is_all_homoglyphs(word: str) -> bool:
    """Whether all letters are phonetic letters or small capitals, which no language is written in."""
    return all(unicodedata.name(letter, "").startswith("LATIN") and _is_suspicious(letter) for letter in word)


def _is_suspicious(letter: str) -> bool:
    return letter in _LATIN_OF and letter not in _ALPHABET_LETTERS
