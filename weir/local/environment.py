"""The environment of child processes: the variables that every program needs and those named for the part."""

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
"""Proxies and certificates, for parts that call other hosts."""


def child_environment(also: Sequence[str] = ()) -> Mapping[str, str]:
    """The base variables of this process and those in `also`; `NAME*` matches every name with that prefix."""
    patterns = (*BASE_VARIABLES, *also)
    names = {name for name in patterns if not name.endswith("*")}
    prefixes = tuple(name[:-1] for name in patterns if name.endswith("*"))
    return {name: value for name, value in os.environ.items() if name in names or name.startswith(prefixes)}
