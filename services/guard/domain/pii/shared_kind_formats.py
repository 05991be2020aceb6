"""National numbers of other countries, whose kind is GOVERNMENT_ID or TAX_ID."""

from collections.abc import Sequence

from services.guard.domain.pii.check_digits import is_medicare, is_nric, is_valid_by
from services.guard.domain.pii.national_id_format import (
    ANYTHING,
    ID_WORDS,
    SEPARATOR,
    NationalIdFormat,
    national_id_format,
)

SHARED_KIND_FORMATS: Sequence[NationalIdFormat] = (
    national_id_format(
        "GOVERNMENT_ID",
        rf"756{SEPARATOR}\d{{4}}{SEPARATOR}\d{{4}}{SEPARATOR}\d{{2}}",
        is_valid_by("ch.ssn"),
        ("ahv", "avs", "oasi"),
        ANYTHING,
        min_digits=13,
    ),
    national_id_format(
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
        min_digits=11,
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"\d{6}[- ]?\d{4}",
        is_valid_by("dk.cpr"),
        ("cpr", r"personnummer", r"cpr-?(?:nummer|nr)"),
        min_digits=10,
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"\d{6} ?\d{5}",
        is_valid_by("no.fodselsnummer"),
        (r"f[øo]dselsn\w{0,7}", r"personn\w{0,7}", "fnr"),
        min_digits=11,
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"\d{6}[-+a]\d{3}[\da-y]",
        is_valid_by("fi.hetu"),
        ("hetu", r"henkil[öo]tunnus", *ID_WORDS),
        r"\d{6}[-+A]\d{3}[\dA-Y]",
    ),
    national_id_format(
        "TAX_ID", r"\d{3} ?\d{3} ?\d{3}", is_valid_by("pt.nif"), (r"contribuinte", "nif", r"n\.i\.f")
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"\d{8} ?\d ?[a-z]{2}\d",
        is_valid_by("pt.cc"),
        (r"cart[ãa]o de cidad[ãa]o", "cc"),
        r"\d{8} ?\d ?[A-Z]{2}\d",
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"\d{7}[a-w][a-iw]?",
        is_valid_by("ie.pps"),
        ("ppsn?", r"personal public service"),
        min_digits=7,
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"[1-9]\d{12}",
        is_valid_by("ro.cnp"),
        ("cnp", r"cod numeric personal"),
        min_digits=13,
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"\d{6} ?/ ?\d{3,4}",
        is_valid_by("cz.rc"),
        (r"rodn[ée] [čc][íi]slo", r"r[čc]"),
        r"\d{6}/\d{4}",
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"\d{10}",
        is_valid_by("bg.egn"),
        ("егн", "egn", r"единен граждански", "личен номер"),
        min_digits=10,
    ),
    national_id_format(
        "GOVERNMENT_ID", r"\d{11}", is_valid_by("hr.oib"), ("oib", r"osobni identifikacijski"), min_digits=11
    ),
    national_id_format("GOVERNMENT_ID", r"\d{11}", is_valid_by("gr.amka"), ("amka", "αμκα"), min_digits=11),
    national_id_format(
        "GOVERNMENT_ID",
        r"[1-6]\d{10}",
        is_valid_by("ee.ik"),
        ("isikukood", r"asmens kod\w{0,3}", *ID_WORDS),
        min_digits=11,
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"[1-9]\d{3} ?\d{6}",
        is_valid_by("at.vnr"),
        (r"svnr", r"(?:sozial)?versicherungsnummer", "sv-nummer"),
        min_digits=10,
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"[1-9]\d{10}",
        is_valid_by("tr.tckimlik"),
        (r"t\.?c\.?", r"kimlik\w{0,8}", "tckn", r"vatandaşl\w{1,8}"),
        min_digits=11,
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"\d{6} ?\d{4} ?\d{3}",
        is_valid_by("za.idnr"),
        ("rsa", r"south african", *ID_WORDS),
        min_digits=13,
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"\d{9}",
        is_valid_by("il.idnr"),
        (
            r"teudat zehut",
            r"ת[.\"'״]ז",
            r"ה?תעודת ה?זהות",
            "זהות",
            r"israeli id\w{0,10}",
            r"id (?:number|no|nr|card)",
            r"identity (?:number|card)",
            "my id",
        ),
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"\d{6}-?[1-8]\d{6}",
        is_valid_by("kr.rrn"),
        ("rrn", "주민등록번호", r"resident registration"),
        r"\d{6}-\d{7}",
        min_digits=13,
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"[1-9]\d{16}[\dx]",
        is_valid_by("cn.ric"),
        ("身份证", "身分證", "身份證", *ID_WORDS),
        ANYTHING,
        min_digits=17,
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"[stfg]\d{7}[a-z]",
        is_nric,
        ("nric", "fin", *ID_WORDS),
        r"[STFG]\d{7}[A-Z]",
        min_digits=7,
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"[a-z]{4}\d{6}[hm][a-z]{5}[\da-z]\d",
        is_valid_by("mx.curp"),
        ("curp",),
        ANYTHING,
        min_digits=6,
    ),
    national_id_format(
        "TAX_ID", r"\d{2}-?\d{8}-?\d", is_valid_by("ar.cuit"), ("cui[tl]",), r"\d{2}-\d{8}-\d", min_digits=11
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"\d{1,2}\.?\d{3}\.?\d{3}-?[\dk]",
        is_valid_by("cl.rut"),
        ("rut", "run", "rol unico", r"c[ée]dula(?: de identidad)?", r"carn[ée]t? de identidad"),
        r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]",
        min_digits=7,
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"\d{6}-?\d{2}-?\d{4}",
        is_valid_by("my.nric"),
        ("mykad", "nric", r"ic (?:no|number)"),
        r"\d{6}-\d{2}-\d{4}",
        min_digits=12,
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"\d[- ]?\d{4}[- ]?\d{5}[- ]?\d{2}[- ]?\d",
        is_valid_by("th.pin"),
        (r"เลขประจำตัวประชาชน", r"thai id", *ID_WORDS),
        r"\d-\d{4}-\d{5}-\d{2}-\d",
        min_digits=13,
    ),
    national_id_format("GOVERNMENT_ID", r"\d{16}", is_valid_by("id.nik"), ("nik", "ktp"), min_digits=16),
    national_id_format("GOVERNMENT_ID", r"\d{10}", is_valid_by("ec.ci"), (r"c[ée]dula",), min_digits=10),
    national_id_format(
        "TAX_ID", r"\d{12}", is_valid_by("ru.inn"), ("инн", "inn", r"налог\w{0,12}"), min_digits=12
    ),
    national_id_format(
        "TAX_ID", r"\d{10}", is_valid_by("ua.rntrc"), ("рнокпп", "іпн", "rntrc"), min_digits=10
    ),
    national_id_format(
        "TAX_ID",
        r"\d{4}[- ]?\d{4}[- ]?\d{4}",
        is_valid_by("jp.in_"),
        ("マイナンバー", "個人番号", r"my ?number"),
        min_digits=12,
    ),
    national_id_format(
        "GOVERNMENT_ID", r"[2-6]\d{3} ?\d{5} ?\d ?\d?", is_medicare, ("medicare",), min_digits=10
    ),
    national_id_format(
        "GOVERNMENT_ID",
        r"\d{1,2}\.?\d{3}\.?\d{3}",
        is_valid_by("ar.dni"),
        ("dni", r"d\.n\.i\.?"),
        min_digits=7,
    ),
)
