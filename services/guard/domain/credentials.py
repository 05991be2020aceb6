"""Keys and passwords that show themselves by their shape: well-known prefixes, private keys, tokens, addresses with a password."""

import re

_LONG = r"[A-Za-z0-9_-]"
PREFIXED = (
    rf"sk-{_LONG}{{20,250}}",  # OpenAI, Anthropic, DeepSeek and most of their likes
    r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    r"gh[pousr]_[A-Za-z0-9]{36,251}",
    r"github_pat_[A-Za-z0-9_]{40,255}",
    rf"glpat-{_LONG}{{20,64}}",
    r"xox[abeprs]-[A-Za-z0-9-]{10,250}",
    rf"AIza{_LONG}{{35}}",
    rf"GOCSPX-{_LONG}{{28}}",
    rf"ya29\.{_LONG}{{20,500}}",
    r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,247}",
    r"hf_[A-Za-z0-9]{30,60}",
    r"npm_[A-Za-z0-9]{36}",
    rf"pypi-AgE{_LONG}{{40,300}}",
    rf"SG\.{_LONG}{{16,32}}\.{_LONG}{{32,64}}",
    r"dop_v1_[a-f0-9]{64}",
    r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    rf"weir_{_LONG}{{32,128}}",
    rf"eyJ{_LONG}{{10,4000}}\.eyJ{_LONG}{{10,8000}}\.{_LONG}{{10,2000}}",  # a JSON Web Token
)
KEY_BODY = r"(?:[^-]|-(?!----)){0,20000}+"
SHAPES = (
    rf"-----BEGIN [A-Z ]{{0,20}}PRIVATE KEY(?: BLOCK)?-----{KEY_BODY}(?:-----END [A-Z ]{{0,20}}PRIVATE KEY(?: BLOCK)?-----)?",
    rf"(?<![A-Za-z0-9_-])(?:{'|'.join(PREFIXED)})",
    r"(?<=://)[^\s/:@]{0,64}+:[^\s/:@]{3,128}+(?=@[\w\[])",
    r"(?i:(?<=AccountKey=)|(?<=aws_secret_access_key=)|(?<=aws_secret_access_key = ))[A-Za-z0-9/+]{40,88}={0,2}",
)
SECRET = re.compile("|".join(SHAPES))
"""No shape asks what follows: a key with something stuck to its end is still a key."""
