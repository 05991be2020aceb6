"""Passwords in the arguments of commands, in the files of clients, and in HTTP's Authorization header."""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence

from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.secrets.names import SecretKind
from services.guard.domain.secrets.placeholders import is_placeholder
from services.guard.domain.secrets.url_credentials import is_example
from services.guard.domain.secrets.values import Evidence, is_secret_value
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

_ARGUMENT = (
    r"(?:\"(?P<double>[^\"\n]{1,200})\"|'(?P<single>[^'\n]{1,200})'"
    r"|(?P<plain>[^\s\"'`;|&<>]{1,200}(?:[&;|](?=\w)[^\s\"'`;|&<>]{1,40})?))"
)
_ARGUMENTS = r"(?:[ ]{1,4}(?!-p|-a|-w)[^\s;|&]{1,60}){0,8}?"
ARGUMENTS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("sshpass", re.compile(rf"\bsshpass[ ]{{1,4}}(?:-v[ ]{{1,4}})?-p[ ]?{_ARGUMENT}")),
    (
        "mysql",
        re.compile(rf"\bmysql(?:dump|admin|import|sh|show|check)?{_ARGUMENTS}[ ]{{1,4}}-p(?![ ]){_ARGUMENT}"),
    ),
    ("mariadb", re.compile(rf"\bmariadb(?:-dump|-admin)?{_ARGUMENTS}[ ]{{1,4}}-p(?![ ]){_ARGUMENT}")),
    (
        "login",
        re.compile(
            rf"\b(?:docker|podman|nerdctl|buildah|skopeo|helm registry|oc|az|crane|oras)[ ]login"
            rf"{_ARGUMENTS}[ ]{{1,4}}-p[ ]?{_ARGUMENT}"
        ),
    ),
    (
        "mongo",
        re.compile(rf"\bmongo(?:sh|dump|restore|export|import)?{_ARGUMENTS}[ ]{{1,4}}-p[ ]?{_ARGUMENT}"),
    ),
    ("redis-cli", re.compile(rf"\bredis-cli{_ARGUMENTS}[ ]{{1,4}}-a[ ]?{_ARGUMENT}")),
    (
        "ldap",
        re.compile(
            rf"\bldap(?:search|modify|add|delete|passwd|whoami){_ARGUMENTS}[ ]{{1,4}}-w[ ]?{_ARGUMENT}"
        ),
    ),
    ("7z", re.compile(rf"\b7z[ar]?{_ARGUMENTS}[ ]{{1,4}}-p(?![ ]){_ARGUMENT}")),
    ("zip", re.compile(rf"\b(?:un)?zip{_ARGUMENTS}[ ]{{1,4}}-P[ ]?{_ARGUMENT}")),
    (
        "htpasswd",
        re.compile(
            rf"\bhtpasswd[ ]{{1,4}}-[a-zA-Z]{{0,8}}b[a-zA-Z]{{0,8}}[ ]{{1,4}}\S{{1,80}}[ ]{{1,4}}\S{{1,80}}"
            rf"[ ]{{1,4}}{_ARGUMENT}"
        ),
    ),
    ("pass:", re.compile(r"\bpass(?:in|out)?[ ]pass:(?P<plain>[^\s\"'`;|&<>]{1,200})")),
    (
        "smbclient",
        re.compile(
            r"\bsmbclient[^\n]{0,120}?[ ]-U[ ]?[\"']?[^\s%\"']{1,64}%(?P<plain>[^\s\"'`;|&<>]{1,200})"
        ),
    ),
    (
        "chpasswd",
        re.compile(
            r"echo[ ]{1,4}[\"']?[\w.-]{1,40}:(?P<plain>[^\s\"'`|]{1,200})[\"']?[ ]{0,2}\|[ ]{0,2}"
            r"(?:sudo[ ]{1,4})?chpasswd"
        ),
    ),
    ("sudo -S", re.compile(rf"echo[ ]{{1,4}}{_ARGUMENT}[ ]{{0,2}}\|[ ]{{0,2}}sudo[ ]{{1,4}}-S")),
    ("/p:", re.compile(rf"\bxfreerdp3?{_ARGUMENTS}[ ]{{1,4}}/p:{_ARGUMENT}")),
    (
        "net use",
        re.compile(
            r"(?i:\bnet use)(?:[ ]{1,4}[^\s/]\S{0,100}){1,3}[ ]{1,4}(?i:/user:)\S{1,80}[ ]{1,4}"
            r"(?P<plain>[^\s\"'`;|&<>]{1,200})"
        ),
    ),
    (
        "login ",
        re.compile(r"\blogin[ ]{1,4}[^\s]{1,80}[ \n\t]{1,8}password[ ]{1,4}(?P<plain>\S{1,200})"),
    ),  # .netrc
    (
        "IDENTIFIED",
        re.compile(
            rf"\bIDENTIFIED[ ]{{1,4}}(?:WITH[ ]{{1,4}}\w{{1,40}}[ ]{{1,4}})?"
            rf"BY[ ]{{1,4}}(?:PASSWORD[ ]{{1,4}})?{_ARGUMENT}"
        ),
    ),
    (
        "identified",
        re.compile(
            r"\bidentified[ ]{1,4}(?:with[ ]{1,4}\w{1,40}[ ]{1,4})?"
            r"by[ ]{1,4}(?:password[ ]{1,4})?'(?P<single>[^'\n]{1,200})'"
        ),
    ),
    (" PASSWORD '", re.compile(r"\bPASSWORD[ ]{1,4}'(?P<single>[^'\n]{1,200})'")),
    (
        " password '",
        re.compile(
            r"\b(?:role|user)[ ]{1,4}\S{1,80}[ ]{1,4}(?:with[ ]{1,4})?"
            r"(?:\w{1,20}[ ]{1,4}){0,4}password[ ]{1,4}'"
            r"(?P<single>[^'\n]{1,200})'"
        ),
    ),
)
"""A required substring and the command; the value is in one of the groups."""
_SERVICE_USER = r"[\"']?[\w$#]{1,40}/(?P<plain>[^\s\"'/@]{1,80})@"
JUDGED: Sequence[tuple[str, re.Pattern[str]]] = (
    ("requirepass", re.compile(rf"\brequirepass[ ]{{1,4}}{_ARGUMENT}")),
    ("masterauth", re.compile(rf"\bmasterauth[ ]{{1,4}}{_ARGUMENT}")),
    (
        "snmp",
        re.compile(rf"\bsnmp(?:-server|walk|get|set)?[^\n]{{0,80}}?(?:community|[ ]-c)[ ]{{1,4}}{_ARGUMENT}"),
    ),
    (
        "secret ",
        re.compile(
            rf"\b(?:enable|username[ ]\S{{1,40}})[ ][^\n]{{0,30}}?\bsecret[ ]{{1,4}}(?:\d[ ])?{_ARGUMENT}"
        ),
    ),
    ("oracle:thin:", re.compile(rf"\boracle:thin:{_SERVICE_USER}")),
    ("sqlplus", re.compile(rf"\bsqlplus[ ]{{1,4}}(?:-\w{{1,4}}[ ]{{1,4}}){{0,3}}{_SERVICE_USER}")),
    (
        "net use",
        re.compile(
            r"(?i:\bnet use)(?:[ ]{1,4}[A-Za-z*]:?)?[ ]{1,4}\\\\\S{1,100}[ ]{1,4}"
            r"(?P<plain>[^\s/\"'`;|&<>]{1,200})[ ]{1,4}(?i:/user:)"
        ),
    ),
    (
        " / ",
        re.compile(
            r"(?i:\b(?:login|user|username|account|logon|creds|credentials|zugang|zugangsdaten|anmeldung|identifiants|acceso|accesso"
            r"|acesso|логин|вход))[ ]?[:=][ ]{0,2}[\w.@+-]{1,60}[ ]/[ ](?P<plain>[^\s\"'`<>]{4,80})"
        ),
    ),
)
"""The same, in places where words stand as well, so that only a password by its form counts."""
NAME_AND_VERSION = re.compile(
    r"(?:[A-Z]{2,8}-?)?[vV]?\d{1,2}(?:\.\d{1,3}){0,3}|[A-Za-z]{1,14}-?\d{1,2}(?:\.\d{1,3}){1,3}"
    r"|[a-z]{1,12}(?:/[a-z]{0,12}\d{0,2}){1,4}"
)
"""A protocol, an interface or a version, such as `SAML2.0` and `api/v2`, by which users log in."""
PGPASS = re.compile(
    r"^(?:[A-Za-z*][\w.*-]{0,80}|(?:\d{1,3}\.){3}\d{1,3}):(?:\d{4,5}|\*):[A-Za-z*][\w*-]{0,40}:[A-Za-z*_][\w.@*-]{0,40}:(?P<plain>\S{3,200})$",
    re.MULTILINE,
)
USER = re.compile(
    r"(?:(?:(?<=\s-u )|(?<=\s-u)|(?<=--user )|(?<=--user=)|(?<=--proxy-user ))(?![ -])[\"']?)"
    r"(?P<plain>[^\s:\"'$<>{}/\[]{1,64}:(?![${%*/])[^\s\"'`]{3,128})"
)
WEB_CLIENT = re.compile(r"\b(?:curl|wget|https?|xh|aria2c|lynx|hurl)\b[^\n;|]{0,400}\Z")
MAX_COMMAND_CHARS = 440
AUTHORIZATION = re.compile(
    r"(?<=uthorization)[\"']?(?:[:=]|[\"']?,)[ ]?[\"']?(?i:bearer|basic|token|apikey|api-key"
    r"|digest)[ ]{1,2}(?P<value>[A-Za-z0-9._~+/-]{12,4000}={0,2})"
    r"|(?<=AUTHORIZATION)[\"']?[:=][ ]?[\"']?(?i:bearer|basic"
    r"|token)[ ](?P<upper>[A-Za-z0-9._~+/-]{12,4000}={0,2})"
)
BASIC = re.compile(r"(?i:\bbasic)[ ](?P<value>[A-Za-z0-9+/]{8,400}={0,2})(?![\w+/])")
WORDS = re.compile(r"[A-Za-z_.-]{1,60}")
PGPASS_REQUIRED, USER_REQUIRED, BASIC_REQUIRED = ":", "-u", "asic "
MAX_VALUE_CHARS = 4_200


def command_secrets(text: str) -> Iterator[CharSpan]:
    """Passwords that a command, a password file or a header passes, except placeholders and variables."""
    for required, pattern in ARGUMENTS:
        if required in text:
            yield from _values(text, pattern)
    for required, pattern in JUDGED:
        if required in text:
            yield from _judged(text, pattern)
    if USER_REQUIRED in text or "--proxy-user" in text or "--user" in text:
        yield from _users(text)
    if text.count(PGPASS_REQUIRED) > 3:  # noqa: PLR2004 - the separators of its five fields
        yield from _password_file_lines(text)
    yield from _headers(text)


def _headers(text: str) -> Iterator[CharSpan]:
    if "uthorization" in text or "AUTHORIZATION" in text:
        yield from _authorizations(text)
    if BASIC_REQUIRED in text or "ASIC " in text:
        yield from _basic_credentials(text)


def _values(text: str, pattern: re.Pattern[str]) -> Iterator[CharSpan]:
    for match in matches(pattern, text):
        group = match.lastgroup or "plain"
        start, end = match.span(group)
        value = match[group].rstrip(")],.")
        if value and not is_placeholder(value):
            yield start, min(end, start + len(value))


def _judged(text: str, pattern: re.Pattern[str]) -> Iterator[CharSpan]:
    for match in matches(pattern, text):
        group = match.lastgroup or "plain"
        value = match[group].rstrip(")].,;")
        if NAME_AND_VERSION.fullmatch(value):
            continue
        if is_secret_value(value, SecretKind.PASSWORD, Evidence.QUOTED):
            yield match.start(group), match.start(group) + len(value)


def _users(text: str) -> Iterator[CharSpan]:
    """User and password of a client of the web; other programs take two names or numbers in the same form."""
    for match in matches(USER, text):
        user, _, password = match["plain"].partition(":")
        before = max(0, match.start() - MAX_COMMAND_CHARS)
        if WEB_CLIENT.search(text, before, match.start()):
            is_secret = not is_example(user, password)
        else:
            is_secret = is_secret_value(password, SecretKind.PASSWORD, Evidence.QUOTED)
        if is_secret:
            yield match.span("plain")


def _password_file_lines(text: str) -> Iterator[CharSpan]:
    """The last field of `.pgpass`; compilers report errors in a similar form."""
    for match in matches(PGPASS, text):
        if is_secret_value(match["plain"], SecretKind.PASSWORD, Evidence.ASSIGNED):
            yield match.span("plain")


def _authorizations(text: str) -> Iterator[CharSpan]:
    for match in matches(AUTHORIZATION, text, MAX_VALUE_CHARS):
        group = match.lastgroup or "value"
        if not WORDS.fullmatch(match[group]) and not is_placeholder(match[group]):
            yield match.span(group)


def _basic_credentials(text: str) -> Iterator[CharSpan]:
    """What is base64 of `user:password` behind the word *Basic*."""
    for match in matches(BASIC, text):
        value = match["value"]
        try:
            credentials = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        _, colon, password = credentials.partition(":")
        if colon and credentials.isprintable() and not is_placeholder(password):
            yield match.span("value")


RECOGNISERS = (Recogniser("SECRET", command_secrets, rank=15),)
