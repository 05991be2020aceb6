"""Names in Arabic, Hebrew, Indian, Georgian and Armenian letters, which have no capitals, by lists and titles."""

import re
from collections.abc import Iterator

from services.guard.domain.pii.name_lists import (
    AMBIGUOUS_GIVEN_NAMES,
    GIVEN_NAMES,
    ORDINARY_WORDS,
    SURNAMES,
    TERMS,
)
from services.guard.domain.pii.recogniser import FORMAT_ONLY_SCORE, Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches
from services.guard.domain.text.word_lists import read_sections

_ARABIC, _HEBREW = "\u0620-\u065f\u066e-\u06d3\u0640", "\u05d0-\u05ea"
_OTHERS = "\u0900-\u0963\u0971-\u0dff\u10d0-\u10ff\u0531-\u0587"
LETTERS = re.compile(f"[{_ARABIC}{_HEBREW}{_OTHERS}]")
WORD = re.compile(
    rf"(?<!\w)(?:[{_ARABIC}]{{2,20}}|[{_HEBREW}]{{2,16}}(?:['\u05f3\u05f4\"-][{_HEBREW}]{{1,12}})?"
    rf"|[{_OTHERS}\u200d]{{2,24}})(?!\w)"
)
TITLE = re.compile(
    r"(?<!\w)(?:ال)?(?:سيدة?|دكتورة?|أستاذة?|آنسة|مهندسة?|طبيبة?|أخي|أختي|عزيزي|عزيزتي|حضرة|مريضة?|مستأجرة?"
    r"|عميلة?|موظفة?|طالبة?|زميلي|زميلتي|صديقي|صديقتي|اسمي|إسمي|أدعى|أنا|مرحبا|مرحبًا|أهلا|أهلاً|سلام|شكرا|شكرًا|يا|خانم|آقای"
    r"|נאם|שלום|היי|הי|לכבוד|מר|גברת|גב['\u05f3]|ד[\"\u05f4]ר|פרופ['\u05f3]|יקר|יקרה|שמי|קוראים לי|אני|תודה|בוקר טוב"
    r"|חבר שלי|חברה שלי|המטופל|המטופלת|השוכר|השוכרת|הלקוח|הלקוחה"
    r"|श्री|श्रीमती|सुश्री|डॉ\.?|डॉक्टर|प्रिय|नमस्ते|नमस्कार|हैलो|नाम|मैं|धन्यवाद|किरायेदार|मरीज़?|रोगी|ग्राहक|कर्मचारी"
    r"|শ্রী|জনাব|ডাঃ|প্রিয়|নমস্কার|হ্যালো|আমার নাম|শ্রীমতী"
    r"|ბატონო?|ქალბატონო?|გამარჯობა|ძვირფასო|მქვია|բարև|հարգելի|պարոն|տիկին|անունս)[,\u060c]? (?:يا )?\Z"
)
"""Titles, roles, greetings and introductions before a name."""
MAX_TITLE_CHARS = 24
ARABIC_SURNAME = re.compile("ال[\u0621-\u064a]{2,12}ي|آل|بن|ابن|أبو|أبي")
ARABIC_ARTICLE = re.compile("ال[\u0621-\u064a]{2,12}")
"""Begins a surname behind a title and a given name."""
COMPOUND = frozenset(("عبد", "أبو", "أم", "ابن", "בן", "בר", "אבו"))
"""First words of names of two words."""
HEBREW_SURNAME = re.compile("[א-ת]{2,10}(?:וב|ביץ|ביץ'|סקי|שטיין|ברג|מן|פלד|זון|יאן|שווילי|צקי)")
HONORIFIC_AFTER = re.compile(r" ?(?:जी|साहब|বাবু|দাদা)(?!\w)")
_CLITICS = "ولبفك"


_SECTIONS = read_sections("names_in_scripts.txt")
_IS_SPACED = LETTERS.match
GIVEN = frozenset(name for name in (*GIVEN_NAMES, *AMBIGUOUS_GIVEN_NAMES, *_SECTIONS["given"]) if _IS_SPACED(name))
KNOWN_SURNAMES = frozenset(name for name in (*SURNAMES, *_SECTIONS["surnames"]) if _IS_SPACED(name))


def names_without_case(text: str) -> Iterator[CharSpan]:
    """Full names that lists know, and given names behind a title, a greeting or an introduction."""
    if LETTERS.search(text) is None:
        return
    words = [match.span() for match in matches(WORD, text)]
    index = 0
    while index < len(words):
        count = _name_words(text, words[index : index + 3])
        if count:
            yield words[index][0], words[index + count - 1][1]
        index += max(count, 1)


def _name_words(text: str, words: list[CharSpan]) -> int:
    """How many of these words are a name, 0 if the first begins none."""
    start, end = words[0]
    count = _compound_words(text, words)
    first = text[start:end]
    is_titled = TITLE.search(text, max(0, start - MAX_TITLE_CHARS), start) is not None
    if count == 1 and first not in GIVEN:
        return 0
    following = _word_behind(text, words, count)
    is_ordinary = count == 1 and (first in ORDINARY_WORDS or first in TERMS)
    if following and (_is_surname(following) and (is_titled or not is_ordinary)):
        return count + 1
    if following and is_titled and (following in GIVEN or ARABIC_ARTICLE.match(following)):
        return count + 1
    is_named = is_titled or HONORIFIC_AFTER.match(text, end) is not None
    return count if is_named and (count > 1 or not is_ordinary) else 0


def _compound_words(text: str, words: list[CharSpan]) -> int:
    """2 for a given name of two words, as with *Abd*; else 1."""
    if text[slice(*words[0])] in COMPOUND and _word_behind(text, words, 1).startswith(("ال", "א", "מ", "י")):
        return 2
    return 1


def _word_behind(text: str, words: list[CharSpan], count: int) -> str:
    if len(words) <= count or text[words[count - 1][1] : words[count][0]] != " ":
        return ""
    return text[slice(*words[count])]


def _is_surname(word: str) -> bool:
    if word in KNOWN_SURNAMES and word not in ORDINARY_WORDS:
        return True
    is_pattern = ARABIC_SURNAME.fullmatch(word) or HEBREW_SURNAME.fullmatch(word)
    return is_pattern is not None and word not in ORDINARY_WORDS and word not in TERMS


RECOGNISERS = (Recogniser("PERSON", names_without_case, score=FORMAT_ONLY_SCORE, rank=143),)
