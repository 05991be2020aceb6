"""Finds e-mail addresses whose at sign and points are spelled out, in the usual words of many languages."""

# ruff: noqa: RUF001 - words of other scripts are the subject

import re
from collections.abc import Iterator

from services.guard.domain.text.lexicon import COMMON_WORDS
from services.guard.domain.text.offset_maps import Replacement
from services.guard.domain.text.top_level_domains import has_usual_top_level
from services.guard.domain.text.windowed_search import matches

_AT_NAMES = (
    r"arobase|arrobas?|chiocciola|apenstaartje|ma[łl]pa|zavin[áa][čc]|kukac|snabel-?a|kissanh[äa]nt[äa]"
    r"|kr[øo]llalfa|kuyruklu a|afna|alfakrull|at[ -]sign|arond|klammeraffe"
    r"|собака|собачка|равлик|маймунско а|παπάκι|골뱅이|アット(?:マーク)?|艾特|एट|آت"
)
"""Words for the sign that hardly ever stand between a word and a domain for anything else."""
_AT_WORDS = rf"at|ät|aet|et|att|@|a|эт|{_AT_NAMES}"
_DOT_WORDS = (
    r"dot|punkt|pkt|point|punto|ponto|punt|kropka|te[čc]ka|piste|prick|punktum|pont|nokta|punct"
    r"|точка|тчк|крапка|τελεία|点|點|ドット|점|닷|डॉट|نقطة"
)
SPELLED_SIGNS = (
    rb"[\[({<|*]\s?(?i:at|a|.{1,4}t|@|[a-z\x{80}-\x{10ffff}-]{3,24})\s?[\])}>|*]"
    rb"|(?i:[ _-](?:dot|p[uo]i?n[kc]?t[ou]?m?|nokta|kropka|te.{1,2}ka|piste|prick|arobase|arrobas?|chiocciola"
    rb"|apenstaartje|arond|kukac|snabel-?a|klammeraffe|ma.{1,2}pa|zavin.{2,4}|kissanh.{3,5})[ _-])"
    rb"|@[0-9A-Za-z-]{1,40}[\[({]\.[\])}]|[ -](?i:kuyruklu a|at.sign|kr.{1,2}llalfa)[ -]|(?i: -at- )"
    rb"|[0-9A-Za-z](?: @ ?| ?@ )[0-9A-Za-z]|(?i:\.[a-z]{2,40} (?:at|\x{e4}t) [a-z0-9-]{1,63}\.[a-z])|"
    + "собак|собач|равлик|маймунск|παπάκι|골뱅이|アット|艾特|एट|آت|точка|тчк|крапка".encode()
)
"""Bytes, one of which every text with such an address has, as a pattern for RE2."""
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_OPEN, _CLOSE = r"\s{0,2}[\[({<|*]\s?", r"\s?[\])}>|*]\s{0,2}"
_DOT = rf"(?:{_OPEN}(?:{_DOT_WORDS}|\.){_CLOSE}|[ _-]{{1,2}}(?:{_DOT_WORDS})[ _-]{{1,2}}|\.)"
_POINT = re.compile(_DOT, re.IGNORECASE)
_AT = re.compile(
    rf"(?<=\w)(?:(?P<bracketed>{_OPEN}(?:{_AT_WORDS}){_CLOSE})"
    rf"|[ _-]{{1,2}}(?:(?P<name>{_AT_NAMES})|at|ät|bei)[ _-]{{1,2}}|(?P<sign> ?@ ?))(?=\w)",
    re.IGNORECASE,
)
_LOCAL = re.compile(
    rf"(?<![\w.+%'-])[\w+%][\w+%'-]{{0,63}}(?:{_DOT}[\w+%'-]{{1,64}}){{0,3}}\Z", re.IGNORECASE
)
_DOMAIN = re.compile(rf"{_LABEL}(?:{_DOT}{_LABEL}){{1,5}}", re.IGNORECASE)
_CONTEXT = re.compile(
    r"mail|write|reach|contact|address|courriel|correo|adress|kontakt|schreib|correio|posta|почт|邮|メール|메일|بريد",
    re.IGNORECASE,
)
_ARTICLES = frozenset({"the", "a", "an", "this", "that", "my", "our", "your", "their", "some", "any", "one"})
_FULL_NAME = re.compile(r"[^\W\d]{1,40}\.[^\W\d]{2,40}")
MAX_LOCAL_CHARS, MAX_CONTEXT_CHARS = 120, 60


def spelled_addresses(text: str) -> Iterator[Replacement]:
    """The words that stand for the at sign and the points of an address."""
    end = 0
    for match in matches(_AT, text):
        lowest = max(end, match.start() - MAX_LOCAL_CHARS)
        local = _LOCAL.search(text, lowest, match.start())
        domain = _DOMAIN.match(text, match.end())
        if local is None or domain is None:
            continue
        points = [*_POINT.finditer(text, *domain.span())]
        if not _is_address(text, match, local.group(), points, domain):
            continue
        end = domain.end()
        before = [point for point in _POINT.finditer(text, *local.span()) if point.group() != "."]
        for point in before:
            yield Replacement(*point.span(), ".")
        yield Replacement(*match.span(), "@")
        for point in points:
            if point.group() != ".":
                yield Replacement(*point.span(), ".")


def _is_address(
    text: str, at: re.Match[str], local: str, points: list[re.Match[str]], domain: re.Match[str]
) -> bool:
    """Whether it is plainly an address: without brackets both signs are words, and no sentence is around."""
    top_level = text[points[-1].end() : domain.end()]
    if at["bracketed"]:
        return top_level.isalpha()
    if not has_usual_top_level("." + top_level):
        return False
    if at["name"]:
        return True
    before = text[max(0, at.start() - len(local) - MAX_CONTEXT_CHARS) : at.start() - len(local)]
    has_context = _CONTEXT.search(before) is not None
    if points[-1].group() == ".":
        is_told = at["sign"] != "@" if at["sign"] else _FULL_NAME.fullmatch(local) is not None
        return has_context and is_told
    if at["sign"]:
        return True
    is_sentence = text[domain.start() : points[0].start()].lower() in _ARTICLES
    return not is_sentence and (has_context or local.rpartition(" ")[2].lower() not in COMMON_WORDS)
