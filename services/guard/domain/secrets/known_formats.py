"""Secrets with a known format: keys with a prefix, private keys, tokens and webhooks."""

import re
from collections.abc import Iterator, Sequence

from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.secrets.private_keys import private_keys
from services.guard.domain.secrets.values import is_key_tail
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

_KEY_CHAR = r"[A-Za-z0-9_-]"
FREE_FORMATS = (
    # OpenAI, Anthropic, DeepSeek and others
    rf"(?<!\.)sk-(?:[A-Za-z0-9]{{16}}{_KEY_CHAR}{{0,234}}|{_KEY_CHAR}{{20,250}})",
    rf"gl(?:pat|ptt|rt|oas|dt|agent|soat|cbt)-{_KEY_CHAR}{{20,64}}",
    rf"ya29\.{_KEY_CHAR}{{20,500}}",
    rf"SG\.{_KEY_CHAR}{{16,32}}\.{_KEY_CHAR}{{32,64}}",
    r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}",  # Discord
    r"hv[sb]\.[A-Za-z0-9_-]{24,200}|HRKU-[A-Za-z0-9_-]{30,70}|figd_[A-Za-z0-9_-]{36,60}",
    r"sq0(?:atp|csp)-[A-Za-z0-9_-]{22,50}|gl(?:sa|c)_[A-Za-z0-9_=+/]{32,200}",
    r"xox[abceprs](?:-|\.)[A-Za-z0-9.-]{10,250}",
)
"""Keys whose tails may look like the words and numbers of a name, so that the tail decides."""
KEY_FORMATS = (
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
    r"gh[pousr]_[A-Za-z0-9]{36,251}",
    r"github_pat_[A-Za-z0-9_]{40,255}",
    r"xapp-\d-[A-Za-z0-9-]{10,250}",
    rf"AIza{_KEY_CHAR}{{35}}",
    rf"GOCSPX-{_KEY_CHAR}{{28}}",
    r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,247}",
    r"hf_[A-Za-z0-9]{30,60}",
    r"npm_[A-Za-z0-9]{36}",
    rf"pypi-AgE{_KEY_CHAR}{{40,300}}",
    r"do[opr]_v1_[a-f0-9]{64}",
    r"AC[a-f0-9]{32}|SK[a-f0-9]{32}",  # Twilio
    r"key-[a-f0-9]{32}|[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8}",  # Mailgun
    r"\d{8,10}:AA[A-Za-z0-9_-]{33}",  # Telegram
    r"whsec_[A-Za-z0-9+/=]{24,90}",
    r"gsk_[A-Za-z0-9]{40,60}|xai-[A-Za-z0-9]{40,90}|r8_[A-Za-z0-9]{37}|pplx-[A-Za-z0-9]{40,60}",
    r"dapi[a-f0-9]{32}|NRAK-[A-Z0-9]{27}|PMAK-[a-f0-9]{24}-[a-f0-9]{34}|ATATT3[A-Za-z0-9_=-]{60,250}",
    r"lin_api_[A-Za-z0-9]{40}|ntn_[A-Za-z0-9]{40,60}|sbp_[a-f0-9]{40}|dp\.pt\.[A-Za-z0-9]{40,50}",
    r"AGE-SECRET-KEY-1[A-Z0-9]{50,60}",
    r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    rf"weir_(?=[a-z_]{{0,127}}[A-Z0-9-]){_KEY_CHAR}{{32,128}}",
    rf"eyJ{_KEY_CHAR}{{10,4000}}\.eyJ{_KEY_CHAR}{{10,8000}}\.{_KEY_CHAR}{{10,2000}}",  # a JSON Web Token
)
_EXACT, _FREE = "|".join(KEY_FORMATS), "|".join(FREE_FORMATS)
BEGIN = re.compile(r"\A[A-Za-z0-9]{2,7}[-_.]")
MAX_KEY_CHARS = 24_576
"""More than the longest match."""
PATTERNS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("", re.compile(rf"(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_.:-]{{14}})(?:{_EXACT}|(?P<free>{_FREE}))")),
    (
        "hooks.slack.com",
        re.compile(r"(?<=hooks\.slack\.com/services/)T[A-Z0-9]{6,14}/B[A-Z0-9]{6,14}/[A-Za-z0-9]{16,40}"),
    ),
    (
        "hooks.slack.com",
        re.compile(r"(?<=hooks\.slack\.com/)(?:workflows|triggers)/[A-Za-z0-9]{6,14}/[A-Za-z0-9/]{24,80}"),
    ),
    (
        ".webhook.office.com/",
        re.compile(
            r"(?<=\.webhook\.office\.com/webhookb2/)[a-f0-9-]{36}@[a-f0-9-]{36}/IncomingWebhook/[A-Za-z0-9/-]{32,160}"
        ),
    ),
    ("sig=", re.compile(r"(?<=[?&]sig=)[A-Za-z0-9%+/]{42,100}={0,2}(?![\w%])")),
    ("Q~", re.compile(r"(?<![\w~.-])[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![\w~-])")),
    ("/api/webhooks/", re.compile(r"(?<=/api/webhooks/)\d{15,22}/[A-Za-z0-9_-]{40,100}")),
    ("Key=", re.compile(r"(?:(?<=AccountKey=)|(?<=AccessKey=))[A-Za-z0-9/+]{40,88}={0,2}")),
    ("Private-Lines:", re.compile(r"(?<=Private-Lines: )\d{1,3}\s{1,4}(?:[A-Za-z0-9+/=]{2,76}\r?\n?){1,99}")),
    (
        "aws_secret_access_key",
        re.compile(r"(?:(?<=aws_secret_access_key=)|(?<=aws_secret_access_key = ))[A-Za-z0-9/+]{40}"),
    ),
)
"""A required substring and the pattern. No pattern depends on what follows the key."""


def known_format_secrets(text: str) -> Iterator[CharSpan]:
    """Secrets that match one of the formats."""
    yield from private_keys(text)
    for required, pattern in PATTERNS:
        if required in text:
            for match in matches(pattern, text, MAX_KEY_CHARS):
                if match.lastgroup != "free" or _has_key_tail(match["free"]):
                    yield match.span()


def _has_key_tail(key: str) -> bool:
    is_of_slack = key.startswith("xox")
    return any(map(str.isdigit, key)) if is_of_slack else is_key_tail(BEGIN.sub("", key))


RECOGNISERS = (Recogniser("SECRET", known_format_secrets, rank=10, is_for_ids=True),)
