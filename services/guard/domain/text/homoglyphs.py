"""Letters that look like Latin ones: words written with them are read as a person sees them."""

# ruff: noqa: RUF001 - look-alike letters are its subject

import re
import unicodedata

from services.guard.domain.text.lexicon import KNOWN

# One letter each, from Unicode's confusables.txt (Unicode License v3), without what NFKC resolves by itself; beside them small
# capitals, letters upside down, and what looks alike in small type only.
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
EMBLEMS = {
    chr(first + index): chr(97 + index) for first in (0x1F150, 0x1F170, 0x1F1E6) for index in range(26)
}
LATIN = {character: letter for letter, alike in HOMOGLYPHS.items() for character in alike} | EMBLEMS
OF_REAL_ALPHABETS = frozenset("ßøłđħŧı") | frozenset(EMBLEMS)
"""Latin letters of some language, and flags: a word with them is only read otherwise where that makes a known word."""
LEAST_LETTERS = 3
_WORD = re.compile(r"(?:[^\W\d_]|[\U0001f150-\U0001f189\U0001f1e6-\U0001f1ff])+")


def fold_homoglyphs(text: str) -> str:
    """The text with each disguised word in Latin letters; words of one writing that is no disguise stay as they are."""
    return text if text.isascii() else _WORD.sub(lambda match: _word(match.group()), text)


def without_marks(text: str) -> str:
    """Letters without their accents."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text)
    return unicodedata.normalize(
        "NFC", "".join(letter for letter in apart if unicodedata.category(letter) != "Mn")
    )


def _word(word: str) -> str:
    if word.isascii() or len(word) < LEAST_LETTERS:
        return word
    folded = "".join(LATIN.get(letter, letter) for letter in without_marks(word))
    if not folded.isascii():
        return word
    is_mixed = any(letter.isascii() for letter in word) and any(
        letter in LATIN and letter not in OF_REAL_ALPHABETS for letter in word
    )
    return (
        folded
        if is_mixed or _is_odd(word) or (len(word) > LEAST_LETTERS and folded.lower() in KNOWN)
        else word
    )


def _is_odd(word: str) -> bool:
    """Whether it is made of phonetic letters and small capitals, in which nobody writes."""
    return all(
        unicodedata.name(letter, "").startswith("LATIN")
        and letter in LATIN
        and letter not in OF_REAL_ALPHABETS
        for letter in word
    )
