"""Whether words around a name say that it is a thing: a language, a product, a firm, a dish or a place."""

import re

MAX_CHARS = 48
"""Before and after a name that are looked at."""
MAX_PREDICATE_CHARS = 120
_TECHNICAL = (
    r"programming|programmier\w{2,10}|langages?|compilers?"
    r"|interpreters?|librar(?:y|ies)|frameworks?|databases?"
    r"|datenbank(?:en)?|clusters?|protocols?|dialects?|dialekte?|build tools?|apis?|sdk|aws|azure|gcp|cloud"
    r"|kubernetes|docker|npm|pip|compile[ds]?|chatbots?|llms?|runtime|syntax|queries|sql|nosql|backend"
    r"|frontend"
    r"|open[- ]source|github|linux|browsers?|plugins?|repos?|repository|servers?|servidor|serveurs?"
    r"|python|java"
    r"|javascript|rust|golang|matlab|copilot|gpt|hbase|mysql|postgres\w{0,5}|redis|mongodb|kafka|spark|hadoop"
)
_COMMERCIAL = (
    r"brands?|marken?|marcas?|marques?|paint|drills?|puddings?|ice cream|chocolates?|sneakers|tyres|tires"
    r"|beers?"
    r"|bi\u00e8res?|cervezas?|supermarkets?|dealers?|oferta|angebot|promo\w{0,4}|models?|lexus|bmw|toyota|audi|ford"
    r"|breed|cultivars?|apples?|hurricanes?|storms?"
)
_PLACES = (
    r"cit(?:y|ies)|ciudad(?:es)?|ville|villes|st[\u00e4a]dte?|citt[\u00e0a]|cidades?|towns?|pueblos?|provinc\w{1,4}"
    r"|islands?|rivers?|countries|country|pa[\u00ed]s(?:es)?|l[\u00e4a]nder|planets?|moons?|months?|seasons?"
    r"|colou?rs?"
)
_KINDS = (
    r"languages?|sprachen?|lenguajes?|linguaggi\w?|tools?|products?|compan(?:y|ies)|firms?|empresas?|entreprises?"
    r"|librar(?:y|ies)|formats?|apps?|films?|movies?|songs?|albums?|bands?|games?|series|flowers?|stones?|drinks?"
)
TECHNICAL_NEAR = re.compile(rf"(?<![^\W_])(?:{_TECHNICAL})(?![^\W_])", re.IGNORECASE)
COMMERCIAL_NEAR = re.compile(rf"(?<![^\W_])(?:{_COMMERCIAL})(?![^\W_])", re.IGNORECASE)
_NO_ATTRIBUTE = (
    r"to|in|by|from|at|with|on|of|for|about|into|near|out|not|zu|im|am|von|vom|bei|aus|mit|auf|f\u00fcr|nicht"
    r"|en|de|por|con|para|desde|au|aux|du|des|dans|par|avec|pour|chez|di|da|nel\w{0,2}|dal\w{0,2}|al\w{0,2}|per"
    r"|em|no|na|pelo|pela|te|van|bij|uit|met|voor|op"
)
_VERB = r"[^\W\d_]{2,12}(?:(?<!programm)(?<!grow)ing|ed|ado|ada|ato|ata|\u00e9e?|iert)"
_ATTRIBUTE = rf"(?!(?:{_NO_ATTRIBUTE}) )(?!{_VERB} )[^\W\d_]{{1,14}}"
"""An article or adjective before what a thing is; verbs and prepositions are about persons."""
_ITEM = r"(?:, |,? (?:and|or|y|e|et|und|ou|o|en|of) )[A-Z\u00c0-\u00de][^\W_]{1,20}"
PREDICATE_AFTER = re.compile(
    rf"(?:{_ITEM}){{0,6}} (?:is|are|was|were|es|son|ist|sind|est|sont|\u00e8|sono|\u00e9|s\u00e3o|zijn) "
    rf"(?:{_ATTRIBUTE} ){{0,3}}(?:{_TECHNICAL}|{_COMMERCIAL}|{_PLACES}|{_KINDS})"
    rf"(?= (?:of|de|in|for|from|by|that|here)\b|[.,;!?)]|\Z)",
    re.IGNORECASE,
)
"""What a thing, or a list of things, is."""
FIRM_AFTER = re.compile(
    r" & [A-Z][^\W\d_]{1,20}['\u2019]s(?: (?:with|in|on|from|at|is|and|or|for|vs|than|to)\b|[.,;!?)]|\Z)"
)
FIRM_BEFORE = re.compile(r"[A-Z][^\W\d_]{1,20} & \Z")
FIRM_END = re.compile(r"['\u2019]s(?: (?:with|in|on|from|at|is|and|or|for|vs|than|to)\b|[.,;!?)]|\Z)")
PROTOCOL_NAMES = re.compile(r"(?<![^\W_])(?:Alice|Bob|Carol|Eve|Mallory|Trent)(?![^\W_])")
PROTOCOL_WORDS = re.compile(
    r"(?<![^\W_])(?:(?:public|private|shared|session|secret|symmetric|encryption)[ -]keys?"
    r"|keys? (?:exchange|pairs?)|encrypt\w{0,4}|decrypt\w{0,4}|cipher\w{0,4}|crypto\w{0,9}"
    r"|digital signatures?|qubits?|entangle\w{0,4}|nonces?|handshake protocol|hash(?:es|ed|ing)?"
    r"|verschl\u00fcssel\w{0,4}|entschl\u00fcssel\w{0,4}|chiffr\w{1,5}|cifra\w{0,4})(?![^\W_])",
    re.IGNORECASE,
)
MAX_PROTOCOL_CHARS = 160
_TITLED_THINGS = (
    "oetker|pepper|martens|scholl|bronner|strangelove|doolittle|who|clean|proper|robot|coffee|muscle|doubtfire"
    "|butterworth|fields|peanut|donut|pibb|holle"
)
TITLED_THING = re.compile(rf"(?:{_TITLED_THINGS})(?![^\W_])", re.IGNORECASE)
PERSON_AFTER_TITLED = re.compile(
    r"[^\W\d_]{1,20}(?:, (?:my|our|his|her|their|your|the) "
    r"| (?:lives|lived|is (?:my|our|his|her|their|ill|sick|here|away|late)|was born)(?![^\W_]))"
)
"""What makes a titled name that of a person all the same."""
TITLE_BEFORE = re.compile(r"(?<![^\W_])(?:dr|doc|mr|mrs|mister|frau)\.? \Z", re.IGNORECASE)
GERMAN_DISH = re.compile(
    r"[A-Z\u00c4\u00d6\u00dc][^\W\d_]{2,20}er [A-Z\u00c4\u00d6\u00dc][^\W\d_]{0,20}"
    r"(?i:suppe|kranz|kuchen|torte|wurst|w\u00fcrst(?:e|el|chen)|schinken|stollen|bier|k\u00e4se|brot|salat"
    r"|kl\u00f6\u00dfe|kn\u00f6del|braten|schnitzel|pastete|marzipan|lebkuchen|pfannkuchen|sprotten|senf)"
)


def is_near_technology(text: str, start: int, end: int) -> bool:
    """Whether a technical word is near."""
    return TECHNICAL_NEAR.search(text, max(0, start - MAX_CHARS), end + MAX_CHARS) is not None


def is_near_goods(text: str, start: int, end: int) -> bool:
    """Whether a word for goods, brands or weather is near."""
    return COMMERCIAL_NEAR.search(text, max(0, start - MAX_CHARS), end + MAX_CHARS) is not None


def is_said_to_be_thing(text: str, end: int) -> bool:
    """Whether the sentence goes on to say that it, or a list with it, are languages, products or places."""
    return PREDICATE_AFTER.match(text, end, end + MAX_PREDICATE_CHARS) is not None


def is_in_name_of_firm(text: str, start: int, end: int) -> bool:
    """Whether it is one of two names that `&` joins and that end in `'s`, with nothing that they own."""
    if FIRM_AFTER.match(text, end, end + MAX_CHARS):
        return True
    is_second = FIRM_BEFORE.search(text, max(0, start - MAX_CHARS), start) is not None
    return is_second and FIRM_END.match(text, end, end + MAX_CHARS) is not None


def is_party_of_protocol(text: str, start: int, end: int) -> bool:
    """Whether it is Alice, Bob or the like beside another of them and a word of cryptography."""
    if PROTOCOL_NAMES.fullmatch(text, start, end) is None:
        return False
    first, last = max(0, start - MAX_PROTOCOL_CHARS), end + MAX_PROTOCOL_CHARS
    others = {match.group() for match in PROTOCOL_NAMES.finditer(text, first, last)}
    return len(others) > 1 and PROTOCOL_WORDS.search(text, first, last) is not None


def is_titled_thing(text: str, start: int) -> bool:
    """Whether a title before it makes it a brand or a work, as in Dr. Oetker."""
    if TITLED_THING.match(text, start) is None or PERSON_AFTER_TITLED.match(text, start):
        return False
    return TITLE_BEFORE.search(text, max(0, start - MAX_CHARS), start) is not None


def is_german_dish(written: str) -> bool:
    """Whether it is the adjective of a town before a dish."""
    return GERMAN_DISH.fullmatch(written) is not None
