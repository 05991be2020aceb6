"""How sure a classifier must be of a name of one capitalised word."""

from services.guard.domain.pii.name_candidate import NameCandidate
from services.guard.domain.pii.name_context import is_listed_with_thing, is_short
from services.guard.domain.pii.name_layout import is_speaker
from services.guard.domain.pii.name_likeness import (
    IMPROBABLE_NAME,
    LIKELY_NAME,
    MANIFEST_NAME,
    name_likeness,
)
from services.guard.domain.pii.name_lists import (
    is_city,
    is_foreign_place,
    is_given_name,
    is_known_name,
    is_only_ordinary,
    is_other_word,
    is_part_of_term,
    is_surname,
    is_thing,
    may_be_given_name,
)
from services.guard.domain.pii.name_scores import (
    AMBIGUOUS_NAME_SCORE,
    GIVEN_NAME_SCORE,
    IMPROBABLE_NAME_SCORE,
    INTRODUCED_SCORE,
    LIKELY_NAME_SCORE,
    MANIFEST_NAME_SCORE,
    NEVER,
    SENTENCE_START_SCORE,
    SINGLE_NAME_SCORE,
    SUBJECT_SCORE,
    UNKNOWN_NAME_SCORE,
    UNLIKELY_NAME_SCORE,
    UNSUPPORTED_SCORE,
)
from services.guard.domain.pii.name_surroundings import (
    begins_sentence,
    follows_article,
    is_acronym,
    is_after_letters,
    is_cell,
    is_example,
    is_place,
    is_quoted,
    is_ruler,
    is_taxon,
    occurs_in_lower_case,
)
from services.guard.domain.pii.said_of_persons import is_said_of_person
from services.guard.domain.pii.thing_context import (
    is_in_name_of_firm,
    is_near_goods,
    is_near_technology,
    is_party_of_protocol,
    is_said_to_be_thing,
)

MIN_SHOUTED_CHARS = 4


def needed_of_single_name(name: NameCandidate, word: str) -> float:
    """The least score of a name of which `word` is the only one with a capital."""
    if _is_no_single_name(name):
        return NEVER
    if is_listed_with_thing(name.text, name.start, name.end) or _is_named_thing(name, word):
        return NEVER
    if is_speaker(name.text, name.start, name.end):
        return _of_speaker(word)
    begins = begins_sentence(name.text, name.start)
    if is_given_name(word):
        return _of_given_name(name, begins=begins)
    return _of_no_given_name(name, word, begins=begins)


def _of_no_given_name(name: NameCandidate, word: str, *, begins: bool) -> float:
    """Of one word that is no given name alone, or means something else too."""
    if name.is_of_language:
        return NEVER
    if name.is_addressed and not name.is_other:
        return SINGLE_NAME_SCORE
    doubtful = _of_doubtful_name(name, word, begins=begins)
    is_speaker_named = name.is_speaking and (not name.is_other or is_surname(word))
    return min(SINGLE_NAME_SCORE, doubtful) if is_speaker_named else doubtful


def _is_named_thing(name: NameCandidate, word: str) -> bool:
    """Whether the words around make it a language, a product, a firm or a place, and none a person."""
    place = name.text, name.start, name.end
    if is_said_to_be_thing(name.text, name.end) or is_in_name_of_firm(*place) or is_party_of_protocol(*place):
        return True
    if name.is_addressed or name.is_speaking or name.is_acting or is_said_of_person(*place):
        return False
    if is_near_technology(*place):
        return not is_given_name(word) or is_example(name.text, name.start)
    return not is_only_ordinary(word) and not is_given_name(word) and is_near_goods(*place)


def _of_speaker(word: str) -> float:
    """Of the label of a speaker in a dialogue."""
    if is_given_name(word):
        return INTRODUCED_SCORE
    if is_other_word(word):
        return AMBIGUOUS_NAME_SCORE if may_be_given_name(word) else NEVER
    is_likely = is_known_name(word) or name_likeness(word) >= IMPROBABLE_NAME
    return LIKELY_NAME_SCORE if is_likely else UNSUPPORTED_SCORE


def _of_given_name(name: NameCandidate, *, begins: bool) -> float:
    """Of a given name that means nothing else."""
    if is_quoted(name.text, name.start, name.end) or name.is_in_foreign_prose:
        return AMBIGUOUS_NAME_SCORE
    if follows_article(name.text, name.start):
        return AMBIGUOUS_NAME_SCORE
    if is_short(name.text) and not (name.is_addressed or name.is_speaking or name.is_about_persons):
        return UNKNOWN_NAME_SCORE
    is_plain = name.is_running and not begins and name.is_in_read_language
    return GIVEN_NAME_SCORE if is_plain else SENTENCE_START_SCORE


def _of_doubtful_name(name: NameCandidate, word: str, *, begins: bool) -> float:
    """Of a word that lists do not know as a given name alone."""
    if not name.is_in_prose or name.is_in_foreign_prose:
        return NEVER
    if is_place(name.text, name.start):
        return _of_name_like_place(name, word)
    if word.endswith("s") and not is_known_name(word) and is_given_name(word[:-1]):
        return UNSUPPORTED_SCORE
    if _is_single_name(word):
        return _of_listed_name(name, word, begins=begins)
    return _of_unlisted_name(name, word, begins=begins)


def _of_name_like_place(name: NameCandidate, word: str) -> float:
    """Of a word behind a preposition of places, which only a surname in prose about persons may be."""
    is_name = is_surname(word) and not is_other_word(word) and not is_city(word)
    return AMBIGUOUS_NAME_SCORE if is_name and name.is_in_known_prose and name.is_about_persons else NEVER


def _of_listed_name(name: NameCandidate, word: str, *, begins: bool) -> float:
    """Of a surname, or of a given name that is also another word."""
    apart = _apart_from_verb(name, word, begins=begins)
    return min(apart, _of_subject(name, word)) if _is_named_subject(name, word) else apart


def _apart_from_verb(name: NameCandidate, word: str, *, begins: bool) -> float:
    """Of such a word, whatever stands behind it."""
    if is_other_word(word) and not name.is_about_persons and _is_no_person(name, word):
        return NEVER
    if is_city(word):
        return _of_city(name, word, begins=begins)
    if begins:
        is_read = name.is_in_known_prose or name.is_about_persons
        return UNSUPPORTED_SCORE if is_read and name.is_in_read_language else NEVER
    if is_other_word(word) or not name.is_in_known_prose:
        return _of_ambiguous_name(name, word)
    return UNKNOWN_NAME_SCORE if name.is_about_persons else LIKELY_NAME_SCORE


def _of_ambiguous_name(name: NameCandidate, word: str) -> float:
    """Of a name that is also another word, inside a sentence."""
    is_likely = name.is_about_persons and name.is_in_known_prose and is_only_ordinary(word)
    return LIKELY_NAME_SCORE if is_likely else AMBIGUOUS_NAME_SCORE


def _is_named_subject(name: NameCandidate, word: str) -> bool:
    """Whether a verb makes a name the subject of its sentence that is no term or thing."""
    return name.is_in_read_language and is_only_ordinary(word) and (name.is_acting or name.is_subject)


def _of_subject(name: NameCandidate, word: str) -> float:
    """Of the subject of a sentence."""
    if name.is_acting:
        return SINGLE_NAME_SCORE if is_other_word(word) else UNKNOWN_NAME_SCORE
    return UNSUPPORTED_SCORE if is_city(word) else SUBJECT_SCORE


def _is_no_person(name: NameCandidate, word: str) -> bool:
    """Whether it is the other word, as in a text of a few words, or a thing behind an article."""
    return is_short(name.text) or (is_thing(word) and follows_article(name.text, name.start))


def _of_city(name: NameCandidate, word: str, *, begins: bool) -> float:
    """Of a name that is also a city."""
    if begins or not name.is_running or not name.is_in_known_prose:
        return NEVER
    return SINGLE_NAME_SCORE if may_be_given_name(word) else UNSUPPORTED_SCORE


def _of_unlisted_name(name: NameCandidate, word: str, *, begins: bool) -> float:
    """Of one word that no list has, which is a name only in prose that the classifier understands."""
    if _is_other_unlisted_word(word):
        return NEVER
    if follows_article(name.text, name.start) or is_example(name.text, name.start):
        return NEVER
    likeness = name_likeness(word)
    if not name.is_in_known_prose:
        return IMPROBABLE_NAME_SCORE if likeness >= LIKELY_NAME and _is_readable(name) else NEVER
    if likeness < IMPROBABLE_NAME:
        return AMBIGUOUS_NAME_SCORE if name.is_meant_by_pronoun else IMPROBABLE_NAME_SCORE
    if name.is_in_german:
        return UNSUPPORTED_SCORE if begins or likeness < LIKELY_NAME else UNLIKELY_NAME_SCORE
    return _of_likeness(likeness, begins=begins)


def _is_readable(name: NameCandidate) -> bool:
    """Whether the text is of a few words in the letters of known languages."""
    return is_short(name.text) and name.is_in_read_language


def _of_likeness(likeness: float, *, begins: bool) -> float:
    """Of one unlisted word that may be a name by its letters."""
    if likeness < LIKELY_NAME:
        return UNSUPPORTED_SCORE if begins else UNLIKELY_NAME_SCORE
    if begins:
        return LIKELY_NAME_SCORE
    return MANIFEST_NAME_SCORE if likeness >= MANIFEST_NAME else UNKNOWN_NAME_SCORE


def _is_other_unlisted_word(word: str) -> bool:
    is_place_name = is_city(word) or is_foreign_place(word)
    return is_place_name or is_other_word(word) or is_part_of_term(word) or is_taxon(word)


def _is_single_name(word: str) -> bool:
    """Whether the lists know the word as a name, and surnames as nothing else."""
    return may_be_given_name(word) or (is_surname(word) and not is_other_word(word))


def _is_no_single_name(name: NameCandidate) -> bool:
    """Whether it is an acronym, a ruler, a word of the text, or a value of a table."""
    if is_acronym(name.text, name.start, name.end) and not _is_shouted_name(name):
        return True
    if is_after_letters(name.text, name.start) and not name.written.isupper():
        return True
    if len(name.words) > 1 or is_ruler(name.text, name.end):
        return True
    if not is_given_name(name.written) and occurs_in_lower_case(name.text, name.start, name.end):
        return True
    return not name.is_running and is_cell(name.text, name.start, name.end)


def _is_shouted_name(name: NameCandidate) -> bool:
    """Whether a given name is in capitals in prose, and the classifier is sure of it."""
    if len(name.written) < MIN_SHOUTED_CHARS or not is_given_name(name.written):
        return False
    return name.is_sure and name.is_in_known_prose
