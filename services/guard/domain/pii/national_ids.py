"""Numbers that a state gave a person: a shape, a check digit by python-stdnum, and the words without which bare digits are only digits."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from services.guard.domain.pii.check_digits import (
    is_german_tax_id,
    is_medicare,
    is_nino,
    is_nric,
    is_pan,
    is_sin,
    is_valid_by,
)
from services.guard.domain.pii.context import NOT_NEAR, context_distance, context_words
from services.guard.domain.pii.payment import Range

STRETCH = re.compile(r"\d(?:[ ./+\u2010-\u2015-]{0,3}[A-Za-z]{0,2}[ -]?\d)*+")
"""Digits with what may stand between digits of one number; letters before and behind are looked for beside it."""
DIGIT = re.compile(r"\d")
MOST_LETTERS = 9
S = r"[ .\u2010-\u2015-]?"
FREE = r"(?<![^\W_])(?<!\d[.+/-])(?<!\d [+-])(?<!\+\d )(?<!\+\d\d )(?<!\+\d{3} )"
OVER = r"(?![^\W_]|[./-]\d)"

PHONES = context_words(
    r"phone", r"tel\w{0,6}", r"call", r"mobile", r"cell", r"fax", r"whatsapp", r"ring", r"sms", r"text"
)


@dataclass(frozen=True, slots=True)
class NationalIdFormat:
    """How one state numbers people; a number in a `telling` shape needs no word beside it."""

    kind: str
    shape: re.Pattern[str]
    is_valid: Callable[[str], bool]
    context: re.Pattern[str]
    distinctive_pattern: re.Pattern[str] | None = None
    min_digits: int = 9
    """Digits; a stretch with fewer is not looked at."""


def _number(
    kind: str,
    shape: str,
    is_valid: Callable[[str], bool],
    named: Sequence[str],
    telling: str | None = None,
    fewest: int = 9,
) -> NationalIdFormat:
    compiled = None if telling is None else re.compile(telling)
    return NationalIdFormat(
        kind,
        re.compile(FREE + shape + OVER, re.IGNORECASE),
        is_valid,
        context_words(*named),
        compiled,
        fewest,
    )


ID = (
    "id",
    r"identity (?:card|number|no)",
    r"identification",
    r"personal (?:number|code|id)",
    r"national id\w{0,6}",
)
TAX = ("tax", r"tax(?:payer)? ?(?:id|number|no)", "tin")
ANY = r"(?s:.{1,40})"

NUMBERINGS = (
    _number(
        "US_SSN",
        rf"\d{{3}}{S}\d{{2}}{S}\d{{4}}",
        is_valid_by("us.ssn"),
        ("ssn", r"social[ -]security", "soc(?:ial)? sec", "ss#", r"seguro social"),
        r"\d{3}[\u2010-\u2015-]\d{2}[\u2010-\u2015-]\d{4}",
    ),
    _number(
        "TAX_ID",
        rf"9\d{{2}}{S}\d{{2}}{S}\d{{4}}",
        is_valid_by("us.itin"),
        ("itin", *TAX),
        r"9\d{2}-\d{2}-\d{4}",
    ),
    _number(
        "UK_NHS",
        rf"\d{{3}}{S}\d{{3}}{S}\d{{4}}",
        is_valid_by("gb.nhs"),
        (r"nhs", r"health service", r"patient", r"hospital"),
        r"\d{3} \d{3} \d{4}",
        fewest=10,
    ),
    _number(
        "UK_NINO",
        r"[a-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[a-d]",
        is_nino,
        (r"national insurance", "nino", r"ni (?:number|no)", "insurance"),
        r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]",
        fewest=6,
    ),
    _number(
        "IN_AADHAAR",
        r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}(?![ -]\d)",
        is_valid_by("in_.aadhaar"),
        (r"aa?dh?aa?r", "uidai", "uid"),
        r"\d{4}[ -]\d{4}[ -]\d{4}",
        fewest=12,
    ),
    _number(
        "IN_PAN",
        r"[a-z]{5}\d{4}[a-z]",
        is_pan,
        ("pan", r"permanent account", *TAX),
        r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]",
        fewest=4,
    ),
    _number(
        "DE_TAX_ID",
        r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}",
        is_german_tax_id,
        (
            r"steuer\w{0,20}(?:[ -](?:id|nr|nummer)\w{0,12})?",
            r"st-?id",
            r"id-?nr",
            r"identifikationsn\w{0,10}",
            *TAX,
        ),
        r"\d{2} \d{3} \d{3} \d{3}",
    ),
    _number(
        "ES_NIF",
        rf"\d{{1,2}}{S}\d{{3}}{S}\d{{3}}{S}[a-z]",
        is_valid_by("es.dni"),
        ("dni", "nif", r"d\.n\.i", r"identidad"),
        rf"{ANY}[A-Z]",
        fewest=7,
    ),
    _number(
        "ES_NIF",
        rf"[xyz]{S}\d{{7}}{S}[a-z]",
        is_valid_by("es.nie"),
        ("nie", "nif", r"n\.i\.e", r"extranjer\w"),
        rf"[XYZ]{ANY}",
        fewest=7,
    ),
    _number(
        "FR_NIR",
        r"[1-478] ?\d{2} ?\d{2} ?\d[\dab] ?\d{3} ?\d{3}(?: |-)?\d{2}",
        is_valid_by("fr.nir"),
        (r"s[ée]curit[ée] sociale", "nir", "insee", r"s[ée]cu", r"social security"),
        r"[12] \d{2} \d{2} \d[\dabAB] \d{3} \d{3}[ -]\d{2}",
        fewest=13,
    ),
    _number(
        "BR_CPF",
        r"\d{3}[. ]?\d{3}[. ]?\d{3}[- ]?\d{2}",
        is_valid_by("br.cpf"),
        ("cpf", "cadastro"),
        r"\d{3}\.\d{3}\.\d{3}-\d{2}",
        fewest=11,
    ),
    _number(
        "IT_FISCAL_CODE",
        rf"[a-z]{{3}}{S}[a-z]{{3}}{S}[\da-z]{{2}}[a-z][\da-z]{{2}}{S}[a-z][\da-z]{{3}}[a-z]",
        is_valid_by("it.codicefiscale"),
        ("cf",),
        ANY,
        fewest=5,
    ),
    _number(
        "NL_BSN",
        rf"\d{{3,4}}{S}\d{{2,3}}{S}\d{{3}}",
        is_valid_by("nl.bsn"),
        ("bsn", r"burger\s?service\w{0,8}", "sofi(?:nummer)?"),
        r"\d{4}\.\d{2}\.\d{3}",
    ),
    _number("PL_PESEL", r"\d{6} ?\d{5}", is_valid_by("pl.pesel"), ("pesel", "ewidencyjny"), fewest=11),
    _number(
        "CA_SIN",
        rf"\d{{3}}{S}\d{{3}}{S}\d{{3}}",
        is_sin,
        ("sin", r"social insurance", "nas", r"assurance sociale"),
        r"\d{3}-\d{3}-\d{3}",
    ),
    _number(
        "AU_TFN", rf"\d{{3}}{S}\d{{3}}{S}\d{{2,3}}", is_valid_by("au.tfn"), ("tfn", r"tax file"), fewest=8
    ),
    _number(
        "SE_PERSONNUMMER",
        r"(?:19|20)?\d{6}[-+ ]?\d{4}",
        is_valid_by("se.personnummer"),
        (r"person(?:nummer|nr)", r"samordningsnummer", r"social security", *ID),
        r"(?:19|20)?\d{6}[-+]\d{4}",
        fewest=10,
    ),
    _number(
        "GOVERNMENT_ID",
        rf"756{S}\d{{4}}{S}\d{{4}}{S}\d{{2}}",
        is_valid_by("ch.ssn"),
        ("ahv", "avs", "oasi"),
        ANY,
        fewest=13,
    ),
    _number(
        "GOVERNMENT_ID",
        r"\d{2}\.?\d{2}\.?\d{2}[- ]?\d{3}[. ]?\d{2}",
        is_valid_by("be.nn"),
        (
            r"rijksregister\w{0,8}",
            r"registre national",
            "niss",
            "insz",
            r"national(?:e)? (?:number|register)",
        ),
        r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}",
        fewest=11,
    ),
    _number(
        "GOVERNMENT_ID",
        r"\d{6}[- ]?\d{4}",
        is_valid_by("dk.cpr"),
        ("cpr", r"personnummer", r"cpr-?(?:nummer|nr)"),
        fewest=10,
    ),
    _number(
        "GOVERNMENT_ID",
        r"\d{6} ?\d{5}",
        is_valid_by("no.fodselsnummer"),
        (r"f[øo]dselsn\w{0,7}", r"personn\w{0,7}", "fnr"),
        fewest=11,
    ),
    _number(
        "GOVERNMENT_ID",
        r"\d{6}[-+a]\d{3}[\da-y]",
        is_valid_by("fi.hetu"),
        ("hetu", r"henkil[öo]tunnus", *ID),
        r"\d{6}[-+A]\d{3}[\dA-Y]",
    ),
    _number("TAX_ID", r"\d{3} ?\d{3} ?\d{3}", is_valid_by("pt.nif"), (r"contribuinte", "nif", r"n\.i\.f")),
    _number(
        "GOVERNMENT_ID",
        r"\d{8} ?\d ?[a-z]{2}\d",
        is_valid_by("pt.cc"),
        (r"cart[ãa]o de cidad[ãa]o", "cc"),
        r"\d{8} ?\d ?[A-Z]{2}\d",
    ),
    _number(
        "GOVERNMENT_ID",
        r"\d{7}[a-w][a-iw]?",
        is_valid_by("ie.pps"),
        ("ppsn?", r"personal public service"),
        fewest=7,
    ),
    _number(
        "GOVERNMENT_ID", r"[1-9]\d{12}", is_valid_by("ro.cnp"), ("cnp", r"cod numeric personal"), fewest=13
    ),
    _number(
        "GOVERNMENT_ID",
        r"\d{6} ?/ ?\d{3,4}",
        is_valid_by("cz.rc"),
        (r"rodn[ée] [čc][íi]slo", r"r[čc]"),
        r"\d{6}/\d{4}",
    ),
    _number("GOVERNMENT_ID", r"\d{10}", is_valid_by("bg.egn"), ("егн", "egn"), fewest=10),
    _number(
        "GOVERNMENT_ID", r"\d{11}", is_valid_by("hr.oib"), ("oib", r"osobni identifikacijski"), fewest=11
    ),
    _number("GOVERNMENT_ID", r"\d{11}", is_valid_by("gr.amka"), ("amka", "αμκα"), fewest=11),
    _number(
        "GOVERNMENT_ID",
        r"[1-6]\d{10}",
        is_valid_by("ee.ik"),
        ("isikukood", r"asmens kod\w{0,3}", *ID),
        fewest=11,
    ),
    _number(
        "GOVERNMENT_ID",
        r"[1-9]\d{3} ?\d{6}",
        is_valid_by("at.vnr"),
        (r"svnr", r"(?:sozial)?versicherungsnummer", "sv-nummer"),
        fewest=10,
    ),
    _number(
        "GOVERNMENT_ID",
        r"[1-9]\d{10}",
        is_valid_by("tr.tckimlik"),
        (r"t\.?c\.?", r"kimlik\w{0,4}", "tckn"),
        fewest=11,
    ),
    _number(
        "GOVERNMENT_ID",
        r"\d{6} ?\d{4} ?\d{3}",
        is_valid_by("za.idnr"),
        ("rsa", r"south african", *ID),
        fewest=13,
    ),
    _number(
        "GOVERNMENT_ID",
        r"\d{9}",
        is_valid_by("il.idnr"),
        (r"teudat zehut", r"ת\.ז", r"תעודת זהות", r"israeli id\w{0,10}"),
    ),
    _number(
        "GOVERNMENT_ID",
        r"\d{6}-?[1-8]\d{6}",
        is_valid_by("kr.rrn"),
        ("rrn", "주민등록번호", r"resident registration"),
        r"\d{6}-\d{7}",
        fewest=13,
    ),
    _number("GOVERNMENT_ID", r"[1-9]\d{16}[\dx]", is_valid_by("cn.ric"), ("身份证", *ID), ANY, fewest=17),
    _number(
        "GOVERNMENT_ID", r"[stfg]\d{7}[a-z]", is_nric, ("nric", "fin", *ID), r"[STFG]\d{7}[A-Z]", fewest=7
    ),
    _number(
        "GOVERNMENT_ID",
        r"[a-z]{4}\d{6}[hm][a-z]{5}[\da-z]\d",
        is_valid_by("mx.curp"),
        ("curp",),
        ANY,
        fewest=6,
    ),
    _number(
        "TAX_ID", r"\d{2}-?\d{8}-?\d", is_valid_by("ar.cuit"), ("cui[tl]",), r"\d{2}-\d{8}-\d", fewest=11
    ),
    _number(
        "GOVERNMENT_ID",
        r"\d{1,2}\.?\d{3}\.?\d{3}-?[\dk]",
        is_valid_by("cl.rut"),
        ("rut", "run"),
        r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]",
        fewest=7,
    ),
    _number(
        "GOVERNMENT_ID",
        r"\d{6}-?\d{2}-?\d{4}",
        is_valid_by("my.nric"),
        ("mykad", "nric", r"ic (?:no|number)"),
        r"\d{6}-\d{2}-\d{4}",
        fewest=12,
    ),
    _number(
        "GOVERNMENT_ID",
        r"\d[- ]?\d{4}[- ]?\d{5}[- ]?\d{2}[- ]?\d",
        is_valid_by("th.pin"),
        (r"เลขประจำตัวประชาชน", r"thai id", *ID),
        r"\d-\d{4}-\d{5}-\d{2}-\d",
        fewest=13,
    ),
    _number("GOVERNMENT_ID", r"\d{16}", is_valid_by("id.nik"), ("nik", "ktp"), fewest=16),
    _number("GOVERNMENT_ID", r"\d{10}", is_valid_by("ec.ci"), (r"c[ée]dula",), fewest=10),
    _number("TAX_ID", r"\d{12}", is_valid_by("ru.inn"), ("инн", "inn"), fewest=12),
    _number("TAX_ID", r"\d{10}", is_valid_by("ua.rntrc"), ("рнокпп", "іпн", "rntrc"), fewest=10),
    _number(
        "TAX_ID",
        r"\d{4}[- ]?\d{4}[- ]?\d{4}",
        is_valid_by("jp.in_"),
        ("マイナンバー", "個人番号", r"my ?number"),
        fewest=12,
    ),
    _number("GOVERNMENT_ID", r"[2-6]\d{3} ?\d{5} ?\d ?\d?", is_medicare, ("medicare",), fewest=10),
)


def national_ids(text: str) -> Iterator[tuple[str, Range]]:
    """Every number with its kind; where several kinds fit the same digits, the nearest word names it, else the telling shape."""
    found: list[tuple[int, str, Range]] = []
    for stretch in STRETCH.finditer(text):
        digits = len(DIGIT.findall(stretch.group()))
        start, end = max(0, stretch.start() - MOST_LETTERS), stretch.end() + MOST_LETTERS
        for numbering in NUMBERINGS:
            if digits >= numbering.min_digits:
                found += _numbers(text, start, end, numbering)
    over = -1
    for _, kind, place in sorted(found, key=lambda one: (one[2][0], one[0], -one[2][1])):
        if place[0] >= over:
            yield kind, place
            over = place[1]


def _numbers(
    text: str, start: int, end: int, numbering: NationalIdFormat
) -> Iterator[tuple[int, str, Range]]:
    for match in numbering.shape.finditer(text, start, end):
        written = match.group()
        if not numbering.is_valid(written):
            continue
        far = context_distance(text, *match.span(), numbering.context)
        if far < NOT_NEAR or (
            numbering.distinctive_pattern
            and numbering.distinctive_pattern.fullmatch(written)
            and not _is_phone(text, match.span(), numbering.kind)
        ):
            yield far, numbering.kind, match.span()


def _is_phone(text: str, place: Range, kind: str) -> bool:
    """A British health number is grouped like an American telephone number."""
    return kind == "UK_NHS" and context_distance(text, *place, PHONES) < NOT_NEAR
