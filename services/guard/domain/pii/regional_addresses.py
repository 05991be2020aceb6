"""Street addresses of China, Taiwan, Japan, Korea and Turkey, whose parts stand in an order of their own."""

import re
from collections.abc import Iterator

from services.guard.domain.pii.recogniser import FORMAT_ONLY_SCORE, Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

_HAN = r"\u4e00-\u9fff\u3005"
_KANA = r"\u3040-\u30ff"
_ROOM = (
    r"(?:[ ]?(?:\d{1,4}|[A-Z一二三四五六七八九十]{1,2})"
    r"(?:号楼|號樓|单元|單元|室|楼|樓|层|層|栋|棟|座|房|階)){0,4}"
)
PATTERNS = (
    re.compile(
        rf"(?:[{_HAN}]{{2,8}}?(?:省|自治区|市|区|區|县|縣)){{1,4}}[{_HAN}]{{1,12}}?(?:路|街|道|巷|弄|胡同|大厦|村)"
        rf"(?:[{_HAN}\d]{{1,4}}[段巷弄])?[ ]?\d{{1,5}}(?:-\d{{1,4}})?(?:号院?|號|弄){_ROOM}"
    ),
    re.compile(
        rf"(?:東京都|北海道|(?:京都|大阪)府|[{_HAN}]{{2,3}}県)[{_HAN}]{{1,8}}[市区町村郡][{_HAN}{_KANA}]{{0,20}}?"
        r"[ ]?\d{1,4}(?:(?:丁目|番地?|[-\u2010-\u2015\u2212])\d{1,4}){1,3}(?:番地|号)?(?![\d年月日人円])"
        rf"(?:[ ]?[{_HAN}{_KANA}A-Za-z]{{2,16}}[ ]?\d{{2,4}}号室)?"
    ),
    re.compile(
        r"(?:[가-힣]{1,6}(?:특별시|광역시|특별자치시|특별자치도|시|도)[ ])?"
        r"[가-힣]{1,6}(?:시|군|구)[ ](?:[가-힣]{1,8}(?:읍|면|동)[ ])?"
        r"[가-힣]{1,10}\d{0,3}(?:로|길)(?:[ ]?\d{1,3}번?길)?[ ]\d{1,4}(?:-\d{1,4})?(?![\d명개시분월])"
    ),
    re.compile(
        r"(?:[A-ZÇĞİÖŞÜ][\w'.]{1,20}[ ]){1,4}(?:Mah(?:allesi|\.)?,?[ ](?:[A-ZÇĞİÖŞÜ\d][\w'.]{0,20}[ ]){1,4})?"
        r"(?:Cad(?:desi|de)?|Sok(?:a\u011f\u0131|ak)?|Sk|Bulvar\u0131|Blv)\.?,?[ ](?i:no)[ ]?[:.]?[ ]?"
        r"\d{1,4}(?:/\d{1,4}|[ ]?[A-Z](?!\w))?(?:,?[ ](?:D|Daire|Kat)[:.]?[ ]?\d{1,3}){0,2}"
    ),
)
"""A city, a street and a house number together, so that a place alone is none."""


def regional_addresses(text: str) -> Iterator[CharSpan]:
    """Addresses with a house number."""
    if not text.isascii():
        for pattern in PATTERNS:
            for match in matches(pattern, text):
                yield match.span()


RECOGNISERS = (Recogniser("ADDRESS", regional_addresses, min_digits=1, score=FORMAT_ONLY_SCORE, rank=131),)
