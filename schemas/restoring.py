"""Puts original values in the place of placeholders, in the text for the caller.

Nothing is restored in what a reader's program may follow or load: addresses, targets of links and images, and
attributes of tags. `mailto:` and `tel:` with the placeholder alone are no way out, and are restored.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence

from schemas.found_placeholders import FoundPlaceholder, without_overlaps
from schemas.link_targets import Range, link_targets, merged_ranges, tags
from schemas.placeholders import canonical_name, find_in_address, find_placeholders, kind_of
from schemas.program_text import is_type_parameter

_OWN_SCHEMES = {"EMAIL_ADDRESS": "mailto:", "PHONE_NUMBER": "tel:"}
_HREF = re.compile(r"(?i)\shref=(?P<quote>\\?[\"'])(?P<scheme>mailto:|tel:)\Z")
_CHARS_AROUND = 40
_ADDRESS_ENDING = ".,;:!?)]}>\"'`*_|"
_JSON_START = re.compile(r"\{\s{0,1000}[\"}]|\[\s{0,1000}[\"\[{]")
MAX_JSON_FAILURES = 32
_NEEDS_ESCAPE = re.compile(r"[\"\\\x00-\x1f]")
_ESCAPED = re.compile(r"(?:[^\"\\\x00-\x1f]|\\(?:[\"\\/bfnrt]|u[0-9A-Fa-f]{4}))*")
_QUOTE = re.compile(r'\\{0,1023}"')
_DOCUMENT_IN_STRING = re.compile(r"(?:\s|\\{1,64}[nrt]){0,80}[\[{]")
_ESCAPE_OF_JSON = re.compile(r"\\(?:\"|u[0-9A-Fa-f]{4})")


def restore(text: str, values: Mapping[str, str]) -> str:
    """Restore all known placeholders but those in links; a value that looks like a placeholder stays."""
    known = _canonical(values)
    found = _find_in_answer(text, known)
    if not found:
        return text
    targets = _LinkTargets(text, found)
    return _replaced(text, [each for each in found if not targets.hold(each)], known)


def restore_also_in_links(text: str, values: Mapping[str, str]) -> str:
    """Restore all known placeholders, where a policy allows them in links."""
    known = _canonical(values)
    return _replaced(text, _find_in_answer(text, known), known)


def restore_exactly(text: str, values: Mapping[str, str]) -> str:
    """The text as it was before its values were replaced: also in links, and without escapes for JSON."""
    found = find_placeholders(text, values)
    return _joined(text, found, [values[each.name] + each.ending for each in found])


def placeholders_in_links(text: str, known: Collection[str]) -> list[FoundPlaceholder]:
    """The known placeholders in links, in order, also those in a form that is never restored."""
    found = find_placeholders(text, known)
    encoded = without_overlaps(find_in_address(text, known), found)
    if not found and not encoded:
        return []
    targets = _LinkTargets(text, found)
    in_links = [each for each in [*found, *encoded] if targets.hold(each)]
    return sorted(in_links, key=lambda each: each.start)


def _canonical(values: Mapping[str, str]) -> Mapping[str, str]:
    return {canonical_name(name): value for name, value in values.items() if name}


def _find_in_answer(text: str, known: Collection[str]) -> list[FoundPlaceholder]:
    """The placeholders without types of a program."""
    return [
        each for each in find_placeholders(text, known) if not is_type_parameter(text, each.start, each.end)
    ]


def _filled(text: str, found: Sequence[FoundPlaceholder]) -> str:
    """The text with letters for its placeholders, which then end no address and begin no tag."""
    return _joined(text, found, ["x" * (each.end - each.start) for each in found])


class _LinkTargets:
    """The links in a text, with letters for its placeholders, which then end no address and begin no tag."""

    def __init__(self, text: str, found: Sequence[FoundPlaceholder]) -> None:
        self._text = text
        # A placeholder that stays may close a tag with its bracket, which one that is restored does not.
        self._ranges = merged_ranges([*link_targets(_filled(text, found)), *tags(text)])
        self._starts = [start for start, _ in self._ranges]

    def hold(self, found: FoundPlaceholder) -> bool:
        """Whether a placeholder is in a link, and is not all of its address."""
        index = bisect_right(self._starts, found.end - 1) - 1
        if index < 0 or found.start >= self._ranges[index][1]:
            return False
        return not _is_own_address(self._text, self._ranges[index], found)


def _is_own_address(text: str, target: Range, found: FoundPlaceholder) -> bool:
    """Whether an address is `mailto:` or `tel:` and a placeholder of that kind, and nothing else."""
    scheme = _OWN_SCHEMES.get(kind_of(found.name) or "")
    attribute = _HREF.search(text[max(target[0], found.start - _CHARS_AROUND) : found.start])
    if attribute is not None:
        return attribute["scheme"].lower() == scheme and text.startswith(attribute["quote"], found.end)
    if max(found.start - target[0], target[1] - found.end) > _CHARS_AROUND:
        return False
    before, behind = text[target[0] : found.start], text[found.end : target[1]]
    return before.strip().lower() == scheme and not behind.strip().strip(_ADDRESS_ENDING)


def _replaced(text: str, found: Sequence[FoundPlaceholder], values: Mapping[str, str]) -> str:
    if not found:
        return text
    has_json_signs = any(_NEEDS_ESCAPE.search(values[each.name]) for each in found)
    starts, levels = _string_levels(text) if has_json_signs else ([0], [0])
    restored = [
        _in_json_string(values[each.name], levels[bisect_right(starts, each.start) - 1]) + each.ending
        for each in found
    ]
    return _joined(text, found, restored)


def _joined(text: str, found: Sequence[FoundPlaceholder], replacements: Sequence[str]) -> str:
    pieces, end = list[str](), 0
    for each, replacement in zip(found, replacements, strict=True):
        pieces += [text[end : each.start], replacement]
        end = each.end
    return "".join([*pieces, text[end:]])


def _json_documents(text: str) -> Iterator[Range]:
    """Where JSON objects and arrays stand in the text; placeholders can only stand in their strings."""
    decoder, position, failures = json.JSONDecoder(strict=False), 0, 0
    while failures < MAX_JSON_FAILURES and (match := _JSON_START.search(text, position)) is not None:
        try:
            _, position = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            position, failures = match.start() + 1, failures + 1
        else:
            yield match.start(), position


def _string_levels(text: str) -> tuple[list[int], list[int]]:
    """How many JSON strings lie around each part of the text: the starts of the parts, and their levels."""
    starts, levels = [0], [0]
    for start, end in _json_documents(text):
        open_strings: list[bool] = []
        for match in _QUOTE.finditer(text, start, end):
            level = _level_of_quote(match.end() - match.start() - 1)
            if level <= len(open_strings):
                del open_strings[level - 1 :]
            elif level == len(open_strings) + 1 and all(open_strings):
                open_strings.append(_DOCUMENT_IN_STRING.match(text, match.end(), end) is not None)
            starts.append(match.end())
            levels.append(len(open_strings))
        starts.append(end)
        levels.append(0)
    return starts, levels


def _level_of_quote(backslashes: int) -> int:
    """In how many strings a quote is escaped, and one more: each escapes the quote and its backslashes."""
    level = 1
    while backslashes % 2:
        backslashes, level = backslashes // 2, level + 1
    return level


def _in_json_string(value: str, level: int) -> str:
    """The value as so many JSON strings have it; one that was cut out of JSON keeps the escapes it has."""
    clear = value
    while level and _ESCAPE_OF_JSON.search(clear) and _ESCAPED.fullmatch(clear):
        clear, level = json.loads(f'"{clear}"'), level - 1
    for _ in range(level):
        value = json.dumps(value, ensure_ascii=False)[1:-1]
    return value
