"""Whether words around a name are said of persons only: a relation, a team that it is from, a state."""

import re

MAX_CHARS = 48
"""Before and after a name that are looked at."""
_RELATIVES = (
    r"(?:aunt|uncle|mother|father|mum|mom|dad|sister|brother|daughter|son|wife|husband|cousin|niece|nephew"
    r"|friend|boss|colleague|coworker|neighbou?r|teacher|grand(?:mother|father|ma|pa)|girlfriend|boyfriend"
    r"|partner|manager|tante|onkel|mutter|vater|schwester|bruder|tochter|sohn|frau|mann|cousine|freundin?"
    r"|chefin?|kollegin?|nachbarin?|lehrerin?|oncle|m\u00e8re|p\u00e8re|s\u0153ur|soeur|fr\u00e8re|fille|fils|femme"
    r"|mari|amie?|coll\u00e8gue|voisine?|t\u00eda|t\u00edo|madre|padre|hermana|hermano|hija|hijo|esposa|marido|amig[oa]"
    r"|jef[ea]|vecin[oa]|zi[ao]|sorella|fratello|figli[ao]|moglie|marito|amic[oa]|collega|irm\u00e3o?|filh[oa]"
    r"|m\u00e3e|pai)"
)
_OWN = (
    r"(?:my|our|his|her|their|your|meine?[nrm]?|unsere?[nrm]?|mon|ma|mes|notre|mi|mis|nuestr[ao]|mi[ao]|meu"
    r"|minha|nostr[ao]|il mio|la mia)"
)
_TEAMS = r"(?:team|department|office|desk|group)"
_STATES = (
    r"(?:sick|ill|tired|away|late|pregnant|angry|sad|happy|on (?:leave|holiday|vacation)|our|my|his|her)"
)
_BELONGINGS = (
    r"(?:arm|leg|hand|head|job|wallet|phone|mother|father|husband|wife|son|daughter|keys?|car|bag|password"
    r"|laptop)"
)
_END = r"(?![^\W_])"
RELATION_BEFORE = re.compile(rf"(?<![^\W_]){_OWN} (?:[^\W\d_]{{1,12}} )?{_RELATIVES},? \Z", re.IGNORECASE)
"""A relation, as in "my aunt"."""
PERSON_BEHIND = re.compile(
    rf",? (?:{_OWN} (?:[^\W\d_]{{1,12}} )?{_RELATIVES}{_END}"
    rf"|from (?:our|the|my|your) (?:[^\W\d_]{{1,14}} )?{_TEAMS}{_END}"
    rf"|is (?:still |again |very |so |now )?{_STATES}{_END}"
    rf"|[^\W\d_]{{2,12}} (?:her|his) (?:[^\W\d_]{{1,14}} )?{_BELONGINGS}{_END})",
    re.IGNORECASE,
)
"""What is said of a person and not of a product."""


def is_said_of_person(text: str, start: int, end: int) -> bool:
    """Whether the words before or behind the name at this place are about a person."""
    if RELATION_BEFORE.search(text, max(0, start - MAX_CHARS), start):
        return True
    return PERSON_BEHIND.match(text, end, end + MAX_CHARS) is not None
