"""What stands around a word: running text, code, or a name that the word is a part of."""

import re
import unicodedata
from functools import lru_cache

from services.guard.domain.pii.name_lists import METHOD_HEADS, NAME_BEGINNINGS, NAME_HEADS
from services.guard.domain.pii.prose_language import SMALL_WORDS

MAX_CHARS = 32
"""Before and after a name that are looked at."""
MAX_LINE_CHARS = 64
MAX_NEAR_CHARS = 1_000
"""Around a word that is looked for in lower case; bounds the time for a text of many names."""
MIN_SMALL_WORDS = 2
WORDS = re.compile(r"(?<![^\W_])[^\W\d_]{2,24}(?![^\W_])")
WORD_BEFORE = re.compile(r"(?<![^\W\d_])([^\W\d_]{2,24})[,;]? ?[\"'\u201c\u201e\u00ab(]? ?\Z")
WORD_AFTER = re.compile(r"(?:['\u2019]s)?[\"'\u201d)]?[,;:]? ([^\W\d_]{2,24})(?![^\W\d_])")
CODE_BEFORE = re.compile(
    r"(?:[_/\\$=<{#@`&%*]|\*\.|[^\W_][.:]|::|--?|[\w)\]](?<!\b[dDlL])['\"]"
    r"|\b(?:def|class|func|fn|import|var|let|const|new) )\Z"
)
CODE_AFTER = re.compile(r"[_(/\\=>}\[`&%*]|\.[^\W_]|::|:[^\W_]|-[^\W_]|[\"'] ?[:=\]]| ?[=:]= ?|<[A-Z/]|\(\)")
_ELEMENT = r"(?:b|i|u|em|strong|mark|span|p|li|h[1-6]|small|cite|q)"
MARKUP_BEFORE = re.compile(rf"(?:(?<![\w*])[*_]{{1,3}}|<{_ELEMENT}>|(?<![^\s(])-)\Z")
MARKUP_AFTER = re.compile(rf"[*_]{{1,3}}(?![\w*])|</{_ELEMENT}>")
HEAD_AFTER = re.compile(r"(?:['\u2019]s)?(?: &)?[ -]([^\W\d_]{2,24})(?![^\W\d_])")
OTHER_LETTER = re.compile(r"[^\W\d_\x00-\xff\u0152\u0153\u0178]")
"""Of no word of English, German, French, Spanish, Italian, Portuguese or Dutch."""
ACRONYM = re.compile(r"[A-Z]{2,}[a-z]")
CALLED_THING = re.compile(
    r"(?<![^\W_])(?:restaurant|hotel|bar|caf[eé]|shop|store|place|company|firm|startup|brand|app|movie"
    r"|film|show|series"
    r"|song|band|album|book|game|city|town|village|country|planet|product|project|tool|library|language"
    r"|team|club"
    r"|firma|unternehmen|stadt|dorf|lied|buch|spiel|ville|entreprise|livre|empresa|ciudad|libro"
    r"|canci[oó]n|cidade"
    r"|livro|citt[aà]|azienda|stad|bedrijf|boek) (?:is )?(?:called|named|genannt|namens|appel[ée]e?"
    r"|nomm[ée]e?|llamad[oa]|chiamat[oa]|chamad[oa]|genaamd) [\"'\u201c\u201e\u00ab]?\Z",
    re.IGNORECASE,
)
TAXON = re.compile(r"[A-Z][a-z]{2,20}(?:aceae|idae|inae|oidea|iformes|ales)")
"""The Latin name of a family or order of living beings."""
CLUB_BEFORE = re.compile(r"(?<![^\W_])(?!RT )([A-Z]{2,3}) \Z")
QUOTE_BEFORE = re.compile(r"[\"'\u201c\u201e\u00ab]\Z")
QUOTE_AFTER = re.compile(r"[\"'\u201c\u201d\u00bb]")
NUMERAL = re.compile(r"(?:X{0,3}(?:IX|IV|V?I{1,3}|V)|X{1,3})\b")
NUMERAL_AFTER = re.compile(rf" (?!I(?: [a-z]|['\u2019][a-z])){NUMERAL.pattern}")
STATE_AFTER = re.compile(r", ?[A-Z]{2}(?![^\W_])")
BEGINNING_BEFORE = re.compile(r"(?<![^\W\d_])([^\W\d_]{3,12}) \Z")
PLACE_BEFORE = re.compile(
    r"(?<![^\W_])(?:in|at|near|en|à|em|im|te|nach|of|nearby|around|from|de|di|do|da|dari|ke|w|we|v|ve|z"
    r"|ze|din|fra"
    r"|från|till|til|i|aus|uit|naar|a) \Z"
)
SMALL_WORD_BEFORE = re.compile(r"(?<![^\W\d_])([^\W\d_]{2,24}) \Z")
ARTICLE_BEFORE = re.compile(
    r"(?<![^\W_])(?:the|an?|this|every|each|el|los|las|al|le|les|des|du|het|een|das|die|eine?[mnrs]?"
    r"|dem|des|den)"
    r" \Z",
    re.IGNORECASE,
)
EXAMPLE_BEFORE = re.compile(
    r"(?<![^\W_])(?:such as|(?<!looks )(?<!look )(?<!looked )"
    r"(?<!exactly )(?<!just )like|using|uses?|via|install|zoals|gebruik|como|usando|come|comme|wie|ai"
    r"|platform|framework|library|app|tool) \Z",
    re.IGNORECASE,
)
"""Before things that are named as examples or used."""
CELL_BEFORE = re.compile(r"(?:[,;\t\"']|\| {0,8}|^)\Z", re.MULTILINE)
CELL_AFTER = re.compile(r"[,;\t][^ ]|[\"'](?!\w)| {0,8}\|| \(\d")
CAMEL = re.compile(r"[^\W\d_]*?([A-ZÀ-ÖØ-Þ]?[a-zà-öø-ÿ]+)[A-ZÀ-ÖØ-Þ]")
_NAME_PREFIXES = "Mc Mac Ma De Di Da Do Du La Le Lo Van Von Fitz St Ja Al El Ben Mck Des Del"
NAME_PREFIXES = frozenset(_NAME_PREFIXES.split())
"""Beginnings of a name before a second capital, as in McIsaac."""


def is_in_running_text(text: str, start: int, end: int) -> bool:
    """Whether a word in lower case is next to the name, so that its capital tells something."""
    before = WORD_BEFORE.search(text, max(0, start - MAX_CHARS), start)
    if before is not None and before[1].islower():
        return True
    after = WORD_AFTER.match(text, end, end + MAX_CHARS)
    return after is not None and after[1].islower()


def follows_small_word(text: str, start: int) -> bool:
    """Whether a word in lower case is directly before."""
    before = SMALL_WORD_BEFORE.search(text, max(0, start - MAX_CHARS), start)
    return before is not None and before[1].islower()


def follows_article(text: str, start: int) -> bool:
    """Whether an article is directly before, as before things and groups."""
    return ARTICLE_BEFORE.search(text, max(0, start - MAX_CHARS), start) is not None


def is_example(text: str, start: int) -> bool:
    """Whether words before examples or before things that are used are directly before."""
    return EXAMPLE_BEFORE.search(text, max(0, start - MAX_CHARS), start) is not None


def is_in_read_language(text: str, start: int, end: int) -> bool:
    """Whether the letters around are those of the languages that the classifier was trained on."""
    first = max(0, start - MAX_LINE_CHARS)
    return (
        OTHER_LETTER.search(text, first, start) is None
        and OTHER_LETTER.search(text, end, end + MAX_LINE_CHARS) is None
    )


def is_in_prose(text: str, start: int, end: int) -> bool:
    """Whether words in lower case are around the name on its line, at least as many as with capitals."""
    before = text[max(0, start - MAX_LINE_CHARS) : start].rpartition("\n")[2]
    after = text[end : end + MAX_LINE_CHARS].partition("\n")[0]
    words = WORDS.findall(before) + WORDS.findall(after)
    small = sum(map(str.islower, words))
    return small >= MIN_SMALL_WORDS and 2 * small >= len(words)


def begins_sentence(text: str, start: int) -> bool:
    """Whether the name is the first of its sentence or line, where any word has a capital."""
    before = text[max(0, start - 3) : start].rstrip(" \t\"'\u201c\u201e\u00ab(*_#>-")
    return not before or before[-1] in ".!?\n:\u2026\u3002|"


def is_code(text: str, start: int, end: int) -> bool:
    """Whether the characters next to the words are those of an identifier, a path, a key or markup."""
    return (
        CODE_BEFORE.search(text, max(0, start - MAX_CHARS), start) is not None
        or CODE_AFTER.match(text, end, end + MAX_CHARS) is not None
    )


def is_marked_up(text: str, start: int, end: int) -> bool:
    """Whether Markdown or HTML only emphasises the words, or a dash is before them as before a signature."""
    before, after = max(0, start - MAX_CHARS), end + MAX_CHARS
    is_code_before = CODE_BEFORE.search(text, before, start) and not MARKUP_BEFORE.search(text, before, start)
    is_code_after = CODE_AFTER.match(text, end, after) and not MARKUP_AFTER.match(text, end, after)
    return not is_code_before and not is_code_after


def is_part_of_other_name(text: str, start: int, end: int) -> bool:
    """Whether the words around make these words the name of a place, an organisation, a method or a ruler."""
    after = HEAD_AFTER.match(text, end, end + MAX_CHARS)
    if after is not None and _is_head(after[1], is_single=" " not in text[start:end]):
        return True
    before = BEGINNING_BEFORE.search(text, max(0, start - MAX_CHARS), start)
    return before is not None and before[1][0].isupper() and before[1].lower() in NAME_BEGINNINGS


def _is_head(word: str, *, is_single: bool) -> bool:
    """Whether a word behind a name, of one word where `is_single`, makes it the name of something else."""
    lower = word.lower()
    return (word[0].isupper() and (lower in NAME_HEADS or lower in METHOD_HEADS)) or (
        is_single and lower in METHOD_HEADS
    )


def is_called_thing(text: str, start: int) -> bool:
    """Whether the words before call a thing so, not a person."""
    return CALLED_THING.search(text, max(0, start - MAX_CHARS), start) is not None


def is_taxon(word: str) -> bool:
    """Whether the word ends as families and orders of living beings do."""
    return TAXON.fullmatch(word) is not None


def is_after_letters(text: str, start: int) -> bool:
    """Whether capital letters of no small word are before it, as before the name of a club."""
    letters = CLUB_BEFORE.search(text, max(0, start - MAX_CHARS), start)
    return letters is not None and letters[1].lower() not in SMALL_WORDS


def is_quoted(text: str, start: int, end: int) -> bool:
    """Whether it stands alone in quotation marks, as titles do."""
    return (
        QUOTE_BEFORE.search(text, max(0, start - 1), start) is not None
        and QUOTE_AFTER.match(text, end) is not None
    )


def is_ruler(text: str, end: int) -> bool:
    """Whether a Roman numeral follows the name."""
    return NUMERAL_AFTER.match(text, end, end + MAX_CHARS) is not None


def is_numeral(word: str) -> bool:
    """Whether the word is a Roman numeral."""
    return NUMERAL.fullmatch(word) is not None


def is_place(text: str, start: int) -> bool:
    """Whether a preposition before says that it is a place."""
    return PLACE_BEFORE.search(text, max(0, start - MAX_CHARS), start) is not None


def is_in_state(text: str, end: int) -> bool:
    """Whether the letters of an American state follow, as behind a town."""
    return STATE_AFTER.match(text, end, end + MAX_CHARS) is not None


def is_cell(text: str, start: int, end: int) -> bool:
    """Whether it fills a cell of a table or a quoted value alone."""
    return (
        CELL_BEFORE.search(text, max(0, start - MAX_CHARS), start) is not None
        and CELL_AFTER.match(text, end, end + MAX_CHARS) is not None
    )


def occurs_in_lower_case(text: str, start: int, end: int) -> bool:
    """Whether the text near the word also has it in lower case and by itself."""
    lower = text[start:end].lower()
    first, last = max(0, start - MAX_NEAR_CHARS), end + MAX_NEAR_CHARS
    at = text.find(lower, first, last)
    while at >= 0:
        end = at + len(lower)
        if not (at and text[at - 1].isalnum()) and not text[end : end + 1].isalnum():
            return True
        at = text.find(lower, end, last)
    return False


def is_acronym(text: str, start: int, end: int) -> bool:
    """Whether the word has only capitals and the text around it has others."""
    return (
        text[start:end].isupper()
        and not text[max(0, start - MAX_LINE_CHARS) : end + MAX_LINE_CHARS].isupper()
    )


def has_form_of_name(word: str) -> bool:
    """Whether the word can be written so in a name: letters of one script, no camel case."""
    if not word.isalpha() and any(map(str.isdigit, word)):
        return False
    if ACRONYM.match(word):
        return False
    camel = CAMEL.match(word)
    if camel is not None and camel[1] not in NAME_PREFIXES:
        return False
    return len(scripts(word)) == 1


def scripts(word: str) -> frozenset[str]:
    """The scripts of the letters, by the first word of each letter's name."""
    return frozenset({"LATIN"}) if word.isascii() else frozenset(map(_script, word)) - {""}


def is_latin(word: str) -> bool:
    """Whether its letters are Latin."""
    return scripts(word) == frozenset({"LATIN"})


@lru_cache(maxsize=4096)
def _script(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0] if character.isalpha() else ""
