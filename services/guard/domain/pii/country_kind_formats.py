"""National numbers with a kind of their own, such as US_SSN, and the ITIN of the United States."""

from collections.abc import Sequence

from services.guard.domain.pii.check_digits import is_german_tax_id, is_nino, is_pan, is_sin, is_valid_by
from services.guard.domain.pii.national_id_format import (
    ANYTHING,
    ID_WORDS,
    SEPARATOR,
    TAX_WORDS,
    NationalIdFormat,
    national_id_format,
)

COUNTRY_KIND_FORMATS: Sequence[NationalIdFormat] = (
    national_id_format(
        "US_SSN",
        rf"\d{{3}}{SEPARATOR}\d{{2}}{SEPARATOR}\d{{4}}",
        is_valid_by("us.ssn"),
        ("ssn", r"social[ -]security", "soc(?:ial)? sec", "ss#", r"seguro social"),
        r"\d{3}[\u2010-\u2015-]\d{2}[\u2010-\u2015-]\d{4}",
    ),
    national_id_format(
        "TAX_ID",
        rf"9\d{{2}}{SEPARATOR}\d{{2}}{SEPARATOR}\d{{4}}",
        is_valid_by("us.itin"),
        ("itin", *TAX_WORDS),
        r"9\d{2}-\d{2}-\d{4}",
    ),
    national_id_format(
        "UK_NHS",
        rf"\d{{3}}{SEPARATOR}\d{{3}}{SEPARATOR}\d{{4}}",
        is_valid_by("gb.nhs"),
        (r"nhs", r"health service", r"patient", r"hospital"),
        r"\d{3} \d{3} \d{4}",
        min_digits=10,
    ),
    national_id_format(
        "UK_NINO",
        r"[a-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[a-d]",
        is_nino,
        (r"national insurance", "nino", r"ni (?:number|no)", "insurance"),
        r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]",
        min_digits=6,
    ),
    national_id_format(
        "IN_AADHAAR",
        r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}(?![ -]\d)",
        is_valid_by("in_.aadhaar"),
        (r"aa?dh?aa?r", "uidai", "uid"),
        r"\d{4}[ -]\d{4}[ -]\d{4}",
        min_digits=12,
    ),
    national_id_format(
        "IN_PAN",
        r"[a-z]{5}\d{4}[a-z]",
        is_pan,
        ("pan", r"permanent account", *TAX_WORDS),
        r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]",
        min_digits=4,
    ),
    national_id_format(
        "DE_TAX_ID",
        r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}",
        is_german_tax_id,
        (
            r"steuer\w{0,20}(?:[ -](?:id|nr|nummer)\w{0,12})?",
            r"st-?id",
            r"id-?nr",
            r"identifikationsn\w{0,10}",
            *TAX_WORDS,
        ),
        r"\d{2} \d{3} \d{3} \d{3}",
    ),
    national_id_format(
        "ES_NIF",
        rf"\d{{1,2}}{SEPARATOR}\d{{3}}{SEPARATOR}\d{{3}}{SEPARATOR}[a-z]",
        is_valid_by("es.dni"),
        ("dni", "nif", r"d\.n\.i", r"identidad"),
        rf"{ANYTHING}[A-Z]",
        min_digits=7,
    ),
    national_id_format(
        "ES_NIF",
        rf"[xyz]{SEPARATOR}\d{{7}}{SEPARATOR}[a-z]",
        is_valid_by("es.nie"),
        ("nie", "nif", r"n\.i\.e", r"extranjer\w"),
        rf"[XYZ]{ANYTHING}",
        min_digits=7,
    ),
    national_id_format(
        "FR_NIR",
        r"[1-478] ?\d{2} ?\d{2} ?\d[\dab] ?\d{3} ?\d{3}(?: |-)?\d{2}",
        is_valid_by("fr.nir"),
        (r"s[ée]curit[ée] sociale", "nir", "insee", r"s[ée]cu", r"social security"),
        r"[12] \d{2} \d{2} \d[\dabAB] \d{3} \d{3}[ -]\d{2}",
        min_digits=13,
    ),
    national_id_format(
        "BR_CPF",
        r"\d{3}[. ]?\d{3}[. ]?\d{3}[- ]?\d{2}",
        is_valid_by("br.cpf"),
        ("cpf", "cadastro"),
        r"\d{3}\.\d{3}\.\d{3}-\d{2}",
        min_digits=11,
    ),
    national_id_format(
        "IT_FISCAL_CODE",
        rf"[a-z]{{3}}{SEPARATOR}[a-z]{{3}}{SEPARATOR}[\da-z]{{2}}[a-z][\da-z]{{2}}{SEPARATOR}[a-z][\da-z]{{3}}[a-z]",
        is_valid_by("it.codicefiscale"),
        ("cf",),
        ANYTHING,
        min_digits=5,
    ),
    national_id_format(
        "NL_BSN",
        rf"\d{{3,4}}{SEPARATOR}\d{{2,3}}{SEPARATOR}\d{{3}}",
        is_valid_by("nl.bsn"),
        ("bsn", r"burger\s?service\w{0,8}", "sofi(?:nummer)?"),
        r"\d{4}\.\d{2}\.\d{3}",
    ),
    national_id_format(
        "PL_PESEL", r"\d{6} ?\d{5}", is_valid_by("pl.pesel"), ("pesel", "ewidencyjny"), min_digits=11
    ),
    national_id_format(
        "CA_SIN",
        rf"\d{{3}}{SEPARATOR}\d{{3}}{SEPARATOR}\d{{3}}",
        is_sin,
        ("sin", r"social insurance", "nas", r"assurance sociale"),
        r"\d{3}-\d{3}-\d{3}",
    ),
    national_id_format(
        "AU_TFN",
        rf"\d{{3}}{SEPARATOR}\d{{3}}{SEPARATOR}\d{{2,3}}",
        is_valid_by("au.tfn"),
        ("tfn", r"tax file"),
        min_digits=8,
    ),
    national_id_format(
        "SE_PERSONNUMMER",
        r"(?:19|20)?\d{6}[-+ ]?\d{4}",
        is_valid_by("se.personnummer"),
        (r"person(?:nummer|nr)", r"samordningsnummer", r"social security", *ID_WORDS),
        r"(?:19|20)?\d{6}[-+]\d{4}",
        min_digits=10,
    ),
)
