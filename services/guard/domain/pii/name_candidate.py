"""Words that a classifier labels as a name, with what lists, capitals and the text around say about them."""

from collections.abc import Sequence

from services.guard.domain.pii.language_words import is_small_word_of, is_word_of, languages_around
from services.guard.domain.pii.name_context import (
    is_about_others,
    is_about_persons,
    is_before_act,
    is_before_pronoun,
    is_before_verb,
    is_part_of_thing,
    is_value_of_name,
)
from services.guard.domain.pii.name_introductions import (
    is_addressed,
    is_behind_label,
    is_behind_speaking,
    is_introduced,
    is_introduced_in_speech,
    is_introduced_weakly,
    is_signature,
    is_surname_introduced,
    says_who,
)
from services.guard.domain.pii.name_layout import fills_line
from services.guard.domain.pii.name_lists import (
    METHOD_HEADS,
    NAME_BEGINNINGS,
    NAME_HEADS,
    PARTICLES,
    PLACES,
    PLACES_LIKE_PERSONS,
    SURNAMES,
    TERMS,
    is_given_name,
    is_known_name,
    is_other_word,
    is_surname,
    may_be_given_name,
    written_in_lists,
)
from services.guard.domain.pii.name_scores import SINGLE_NAME_SCORE
from services.guard.domain.pii.name_surroundings import (
    has_form_of_name,
    is_called_thing,
    is_code,
    is_in_prose,
    is_in_read_language,
    is_in_running_text,
    is_in_state,
    is_marked_up,
    is_numeral,
    is_part_of_other_name,
    is_place,
)
from services.guard.domain.pii.prose_language import (
    is_in_clear_prose,
    is_in_foreign_prose,
    is_in_german,
    is_in_known_prose,
)
from services.guard.domain.pii.thing_context import is_titled_thing
from services.guard.domain.pii.thing_names import is_called_like_person
from services.guard.domain.text.types import CharSpan

_HEADS = NAME_HEADS | METHOD_HEADS
MAX_WORD_CHARS = 24
SURE_SCORE = 0.9
"""Of the worst word of a name of which the classifier is sure."""
STATE_CHARS = 2


class NameCandidate:
    """Words that the classifier labels as a name, with what lists and the text around say about them."""

    __slots__ = ("end", "start", "text", "weakest", "words", "written")

    def __init__(self, text: str, spans: Sequence[CharSpan], weakest: float) -> None:
        """The words at these spans of the text, of which `weakest` is the least score."""
        self.text, self.weakest = text, weakest
        self.start, self.end = spans[0][0], spans[-1][1]
        self.written = text[self.start : self.end]
        self.words = [text[start:end] for start, end in spans]

    @property
    def has_form(self) -> bool:
        """Whether names are written so, and are not part of code."""
        if any(len(word) > MAX_WORD_CHARS or not has_form_of_name(word) for word in self.words):
            return False
        if self.is_listed_full_name or self._is_value_of_name or not is_code(self.text, self.start, self.end):
            return True
        is_name = len(self.words) > 1 or is_given_name(self.written)
        return is_name and self.words[-1][0].isupper() and is_marked_up(self.text, self.start, self.end)

    @property
    def is_listed_full_name(self) -> bool:
        """Whether lists know both names, which are then one in the value of a field, too."""
        is_full = len(self.words) > 1 and " " in self.written
        return is_full and is_given_name(self.words[0]) and is_surname(self.words[-1])

    @property
    def _is_value_of_name(self) -> bool:
        """Whether a given name and another word are the value of a field for names."""
        return (
            len(self.words) > 1 and is_given_name(self.words[0]) and is_value_of_name(self.text, self.start)
        )

    @property
    def is_introduced(self) -> bool:
        """Whether the words before introduce a person, and the name may be one."""
        if self.written[0].isupper() and self._is_introduced_surname:
            return True
        return is_introduced(self.text, self.start) and not self.is_other

    @property
    def _is_introduced_surname(self) -> bool:
        """Whether a surname is introduced, which may be any word, or a listed one with another meaning."""
        place = self.text, self.start
        if is_surname_introduced(*place):
            return True
        if not is_surname(self.words[-1]) or self.weakest < SINGLE_NAME_SCORE:
            return False
        if is_behind_label(*place) or (is_signature(*place) and fills_line(*place, self.end)):
            return True
        return says_who(*place) and self.written.lower() not in TERMS

    @property
    def is_introduced_in_speech(self) -> bool:
        """Whether they do so even for a name without a capital."""
        return is_introduced_in_speech(self.text, self.start) and not self.is_other

    @property
    def is_addressed(self) -> bool:
        """Whether a verb before takes a person as its object."""
        return is_addressed(self.text, self.start)

    @property
    def is_speaking(self) -> bool:
        """Whether a verb of speech is before."""
        return is_behind_speaking(self.text, self.start)

    @property
    def is_other(self) -> bool:
        """Whether the words mean something else, and none of them is a given name."""
        if is_titled_thing(self.text, self.start):
            return True
        if any(map(may_be_given_name, self.words)):
            return False
        return self.written.lower() in TERMS or all(map(is_other_word, self.words))

    @property
    def is_thing(self) -> bool:
        """Whether it names a venue, a firm, a work, a product or a place, and no title is before it."""
        if is_introduced(self.text, self.start) and not is_introduced_weakly(self.text, self.start):
            return False
        return self._is_listed_place or is_called_like_person(self.text, self.start, self.end)

    @property
    def _is_listed_place(self) -> bool:
        """Whether all words together are a place, behind a preposition where persons are called so too."""
        if len(self.words) == 1:
            return False
        written = written_in_lists(self.written)
        return written in PLACES or (written in PLACES_LIKE_PERSONS and is_place(self.text, self.start))

    @property
    def is_of_language(self) -> bool:
        """Whether the first word is one of the language around and no known name, or so are the others."""
        languages = languages_around(self.text, self.start, self.end)
        first, *others = (is_word_of(word, languages) and not is_known_name(word) for word in self.words)
        return first or (bool(others) and all(others) and is_other_word(self.words[0]))

    @property
    def has_small_word(self) -> bool:
        """Whether one of the words is among the most usual ones of the language around."""
        languages = languages_around(self.text, self.start, self.start)
        return any(is_small_word_of(word, languages) for word in self.words if word not in PARTICLES)

    @property
    def is_part_of_other(self) -> bool:
        """Whether it is the name of something else, or a part of such a name."""
        if is_part_of_thing(self.text, self.start, self.end) or is_titled_thing(self.text, self.start):
            return True
        if is_part_of_other_name(self.text, self.start, self.end) or is_called_thing(self.text, self.start):
            return True
        if " " not in self.written and is_in_state(self.text, self.end):
            return True
        first, last = written_in_lists(self.words[0]), written_in_lists(self.words[-1])
        if first in NAME_BEGINNINGS or self._ends_in_head(last):
            return True
        if len(self.words) > 1:
            return self.written.lower() in TERMS or _is_code_of_state(self.words)
        return self.is_other and self.written.lower() in TERMS

    def _ends_in_head(self, last: str) -> bool:
        """Whether the last word makes it the name of something else, as *Street*; Bill alone does not."""
        if last not in _HEADS or last in SURNAMES:
            return False
        return len(self.words) > 1 or not may_be_given_name(last)

    @property
    def is_about_persons(self) -> bool:
        """Whether words of texts about persons are near."""
        return is_about_persons(self.text, self.start, self.end)

    @property
    def is_about_others(self) -> bool:
        """Whether such words are near that do not stand for the speaker."""
        return is_about_others(self.text, self.start, self.end)

    @property
    def is_acting(self) -> bool:
        """Whether a verb behind it says what a person does, thinks or feels."""
        return is_before_act(self.text, self.end)

    @property
    def is_meant_by_pronoun(self) -> bool:
        """Whether a pronoun of a person in the clause behind it stands for it."""
        return is_before_pronoun(self.text, self.end)

    @property
    def is_subject(self) -> bool:
        """Whether a verb behind it makes it the subject of a sentence, as it does things too."""
        return is_before_verb(self.text, self.end)

    @property
    def is_sure(self) -> bool:
        """Whether the classifier is sure of every word."""
        return self.weakest >= SURE_SCORE

    @property
    def has_given_name(self) -> bool:
        """Whether one of the words is a given name and nothing else."""
        return any(map(is_given_name, self.words))

    @property
    def is_running(self) -> bool:
        """Whether it stands in a sentence."""
        return is_in_running_text(self.text, self.start, self.end)

    @property
    def is_in_prose(self) -> bool:
        """Whether ordinary text is around it, or the classifier is sure all the same."""
        return self.is_running or self.is_sure or is_in_prose(self.text, self.start, self.end)

    @property
    def is_in_read_language(self) -> bool:
        """Whether the text around is in a language that the classifier was trained on."""
        place = self.text, self.start, self.end
        return is_in_read_language(*place) or is_in_clear_prose(*place)

    @property
    def is_in_known_prose(self) -> bool:
        """Whether words of those languages are around."""
        return is_in_known_prose(self.text, self.start, self.end)

    @property
    def is_in_german(self) -> bool:
        """Whether German is around, where nouns have capitals."""
        return is_in_german(self.text, self.start, self.end)

    @property
    def is_in_foreign_prose(self) -> bool:
        """Whether words of other languages are around."""
        return is_in_foreign_prose(self.text, self.start, self.end)


def _is_code_of_state(words: Sequence[str]) -> bool:
    """Whether the last word alone is two capitals, as in Sanford, FL."""
    first, last = words[0], words[-1]
    return len(last) == STATE_CHARS and last.isupper() and not first.isupper() and not is_numeral(last)
