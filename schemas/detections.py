"""What the guard detects: every kind of content, and every detector with the kinds it finds."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Point = Literal["fpr_0.1%", "fpr_1%", "fpr_5%"]
"""An operating point: the share of ordinary texts that a model flags from that score on (model card)."""

PERSONAL_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "PERSON": "a name of a person",
        "ADDRESS": "a street address",
        "LOCATION": "a place that is no address",
        "EMAIL_ADDRESS": "an e-mail address",
        "PHONE_NUMBER": "a phone number",
        "CREDIT_CARD": "a payment card number with a right check digit",
        "IBAN_CODE": "an IBAN with right check digits",
        "IP_ADDRESS": "an IP address",
        "US_SSN": "a US social security number",
        "TAX_ID": "a tax number",
        "BANK_ACCOUNT": "a bank account number, a routing number, sort code or BIC",
        "GOVERNMENT_ID": "another number that a state gave a person",
        "PASSPORT": "a passport number",
        "DRIVERS_LICENSE": "a driving licence number",
        "UK_NHS": "a British NHS number",
        "IN_AADHAAR": "an Indian Aadhaar number",
        "IN_PAN": "an Indian permanent account number",
        "DE_TAX_ID": "a German tax identification number",
        "ES_NIF": "a Spanish DNI or NIE",
        "FR_NIR": "a French social security number",
        "BR_CPF": "a Brazilian CPF",
        "UK_NINO": "a British national insurance number",
        "IT_FISCAL_CODE": "an Italian codice fiscale",
        "NL_BSN": "a Dutch citizen service number",
        "PL_PESEL": "a Polish PESEL",
        "CA_SIN": "a Canadian social insurance number",
        "AU_TFN": "an Australian tax file number",
        "SE_PERSONNUMMER": "a Swedish personal identity number",
        "DATE_OF_BIRTH": "a date of birth",
        "CRYPTO": "an address of a crypto currency",
        "IMEI": "the serial number of a mobile telephone",
        "VIN": "a vehicle identification number",
        "MAC_ADDRESS": "a hardware address of a network card",
        "PUBLIC_FIGURE": "the name of somebody well known, where nothing else personal stands",
    }
)
KINDS: Mapping[str, str] = MappingProxyType(
    {
        **PERSONAL_KINDS,
        "SECRET": "a key, token or password",
        "TOXICITY": "text that harms: any of the six kinds below, or plain abuse",
        "INSULT": "an insult",
        "THREAT": "a threat",
        "IDENTITY_HATE": "hate against a group",
        "OBSCENE": "obscene language",
        "SEXUAL": "sexual content",
        "SELF_HARM": "self-harm or suicide",
        "VIOLENCE": "violence in detail",
        "PROMPT_INJECTION": "an attempt to override the application's instructions",
        "PII_LEAK": "personal data in an answer that its request did not hold",
        "PROMPT_LEAK": "the application's own instructions in an answer",
        "CANARY_LEAK": "a canary token that must not leave the prompt",
        "CANARY_MISSING": "a canary token that an answer must repeat and does not",
        "UNSCANNED": "a text that a detector could not look at",
    }
)
DETECTORS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "rules": frozenset(PERSONAL_KINDS) | {"SECRET"},
        "ner": frozenset(PERSONAL_KINDS),
        "known-values": frozenset(PERSONAL_KINDS),
        "toxicity": frozenset(
            {"TOXICITY", "INSULT", "THREAT", "IDENTITY_HATE", "OBSCENE", "SEXUAL", "SELF_HARM", "VIOLENCE"}
        ),
        "injection": frozenset({"PROMPT_INJECTION"}),
        "injection-phrases": frozenset({"PROMPT_INJECTION"}),
        "injection-similarity": frozenset({"PROMPT_INJECTION"}),
        "leak": frozenset({"PII_LEAK", "PROMPT_LEAK"}),
        "canary": frozenset({"CANARY_LEAK", "CANARY_MISSING"}),
        "guard": frozenset({"UNSCANNED"}),
    }
)
"""The kinds that each detector finds; of a policy's check, the detector is its type, the kind its name."""
