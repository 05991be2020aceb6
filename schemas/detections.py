"""What the guard detects: every kind of content, and every detector with the kinds that it finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from schemas.registry import BUILT_IN, Registry

Point = Literal["fpr_0.1%", "fpr_1%", "fpr_5%"]
"""An operating point: the share of ordinary texts that a model flags from that score on (model card)."""
PLACEHOLDER_IN_URL = "PLACEHOLDER_IN_URL"
KIND_PATTERN = r"^[A-Z][A-Z0-9_]{0,63}$"
Privacy = Literal["personal", "public", "none"]
"""`personal`: never stored in the clear; `public`: about a person, but known to all; `none`: no person."""


@dataclass(frozen=True, slots=True)
class KindDeclaration:
    """A kind of content that a detector can find; policies name kinds by their id."""

    id: str
    meaning: str
    privacy: Privacy = "none"


@dataclass(frozen=True, slots=True)
class DetectorDeclaration:
    """A detector and the kinds it finds; policies and findings name it by its id."""

    id: str
    kinds: frozenset[str]


UNVERIFIED_LANGUAGE = "UNVERIFIED_LANGUAGE"
_PERSONAL: tuple[tuple[str, str], ...] = (
    ("PERSON", "a name of a person"),
    ("ADDRESS", "a street address"),
    ("EMAIL_ADDRESS", "an e-mail address"),
    ("PHONE_NUMBER", "a phone number"),
    ("CREDIT_CARD", "a payment card number with a right check digit"),
    ("IBAN_CODE", "an IBAN with right check digits"),
    ("IP_ADDRESS", "an IP address"),
    ("US_SSN", "a US social security number"),
    ("TAX_ID", "a tax number"),
    ("BANK_ACCOUNT", "a bank account number, a routing number, sort code or BIC"),
    ("GOVERNMENT_ID", "another national identity number"),
    ("PASSPORT", "a passport number"),
    ("DRIVERS_LICENSE", "a driving licence number"),
    ("UK_NHS", "a British NHS number"),
    ("IN_AADHAAR", "an Indian Aadhaar number"),
    ("IN_PAN", "an Indian permanent account number"),
    ("DE_TAX_ID", "a German tax identification number"),
    ("ES_NIF", "a Spanish DNI or NIE"),
    ("FR_NIR", "a French social security number"),
    ("BR_CPF", "a Brazilian CPF"),
    ("UK_NINO", "a British national insurance number"),
    ("IT_FISCAL_CODE", "an Italian codice fiscale"),
    ("NL_BSN", "a Dutch citizen service number"),
    ("PL_PESEL", "a Polish PESEL"),
    ("CA_SIN", "a Canadian social insurance number"),
    ("AU_TFN", "an Australian tax file number"),
    ("SE_PERSONNUMMER", "a Swedish personal identity number"),
    ("DATE_OF_BIRTH", "a date of birth"),
    ("CRYPTO", "an address of a crypto currency"),
    ("IMEI", "the serial number of a mobile telephone"),
    ("VIN", "a vehicle identification number"),
    ("MAC_ADDRESS", "a hardware address of a network card"),
)
_PUBLIC: tuple[tuple[str, str], ...] = (
    ("LOCATION", "a place other than an address"),
    ("PUBLIC_FIGURE", "the name of a well-known person, in a text without other personal data"),
)
_OTHERS: tuple[tuple[str, str], ...] = (
    ("SECRET", "a key, token or password"),
    ("TOXICITY", "text that harms: any of the kinds below, or plain abuse"),
    ("INSULT", "an insult"),
    ("THREAT", "a threat"),
    ("IDENTITY_HATE", "hate against a group"),
    ("OBSCENE", "obscene language"),
    ("SEXUAL", "sexual content"),
    ("SELF_HARM", "self-harm or suicide"),
    ("VIOLENCE", "violence in detail"),
    ("PROMPT_INJECTION", "an attempt to override the application's instructions"),
    ("PII_LEAK", "personal data in an answer that its request did not hold"),
    ("PROMPT_LEAK", "the application's own instructions in an answer"),
    ("CANARY_LEAK", "a canary token that must not leave the prompt"),
    ("CANARY_MISSING", "a canary token that an answer must repeat and does not"),
    (PLACEHOLDER_IN_URL, "a placeholder in a link, where restoring it could send the value away"),
    ("UNSCANNED", "a text that a detector could not look at"),
    (UNVERIFIED_LANGUAGE, "a text in a language in which the detector that is named is not verified"),
)

KINDS: Registry[KindDeclaration] = Registry(
    "kind",
    (
        *(KindDeclaration(kind, meaning, "personal") for kind, meaning in _PERSONAL),
        *(KindDeclaration(kind, meaning, "public") for kind, meaning in _PUBLIC),
        *(KindDeclaration(kind, meaning) for kind, meaning in _OTHERS),
    ),
    KIND_PATTERN,
)
PUBLIC_KINDS = frozenset(kind for kind, _ in _PUBLIC)
PERSONAL_KINDS: Mapping[str, str] = MappingProxyType(dict((*_PERSONAL, *_PUBLIC)))
"""The built-in kinds that are about a person, public ones included, with their meaning."""

DETECTORS: Registry[DetectorDeclaration] = Registry(
    "detector",
    (
        DetectorDeclaration("rules", frozenset({*PERSONAL_KINDS, "SECRET"})),
        DetectorDeclaration("ner", frozenset({*PERSONAL_KINDS, UNVERIFIED_LANGUAGE})),
        DetectorDeclaration("known-values", frozenset(PERSONAL_KINDS)),
        DetectorDeclaration(
            "toxicity",
            frozenset(
                {
                    "TOXICITY",
                    "INSULT",
                    "THREAT",
                    "IDENTITY_HATE",
                    "OBSCENE",
                    "SEXUAL",
                    "SELF_HARM",
                    "VIOLENCE",
                    UNVERIFIED_LANGUAGE,
                }
            ),
        ),
        DetectorDeclaration("injection", frozenset({"PROMPT_INJECTION", UNVERIFIED_LANGUAGE})),
        DetectorDeclaration("injection-phrases", frozenset({"PROMPT_INJECTION"})),
        DetectorDeclaration("injection-similarity", frozenset({"PROMPT_INJECTION"})),
        DetectorDeclaration("leak", frozenset({"PII_LEAK", "PROMPT_LEAK"})),
        DetectorDeclaration("canary", frozenset({"CANARY_LEAK", "CANARY_MISSING"})),
        DetectorDeclaration("placeholder-links", frozenset({PLACEHOLDER_IN_URL})),
        DetectorDeclaration("guard", frozenset({"UNSCANNED"})),
    ),
)
"""Beside these, each check of a policy is a detector: its type is the detector, its name the kind."""


def plugin_privacy(kind: str) -> bool | None:
    """Whether a kind of a plug-in is personal, for readers that do not load it; None for a built-in kind."""
    return is_personal(kind) if kind in KINDS and KINDS.source_of(kind) != BUILT_IN else None


def is_personal(kind: str) -> bool:
    """Whether a kind, also one of a plug-in, is about a person and not public."""
    return kind in KINDS and KINDS[kind].privacy == "personal"
