"""What a child process gets of this one's environment: what every program needs, and what it is said to need, and nothing else."""

import os
from collections.abc import Mapping, Sequence

BASE_VARIABLES = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
)
NETWORK_VARIABLES = (
    *(
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
    ),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)
"""For parts that call other hosts."""


def child_environment(also: Sequence[str] = ()) -> Mapping[str, str]:
    """Those variables of this process that are named; a name that ends with `*` means all that begin so."""
    wanted = (*BASE_VARIABLES, *also)
    names = {name for name in wanted if not name.endswith("*")}
    beginnings = tuple(name[:-1] for name in wanted if name.endswith("*"))
    return {name: value for name, value in os.environ.items() if name in names or name.startswith(beginnings)}
