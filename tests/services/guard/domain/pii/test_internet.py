"""E-mail addresses and addresses of hosts are found whole; versions, netmasks and loopback are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.pii.internet import RECOGNISERS


def found(text: str) -> list[tuple[str, str]]:
    return [
        (recogniser.kind, text[start:end])
        for recogniser in RECOGNISERS
        if recogniser.required in text
        for start, end in recogniser.find(text)
    ]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("mail jane.doe+news@mail.example.co.uk.", "EMAIL_ADDRESS", "jane.doe+news@mail.example.co.uk"),
        ("<o'neil@example.com>", "EMAIL_ADDRESS", "o'neil@example.com"),
        ("a@bücher.example", "EMAIL_ADDRESS", "a@bücher.example"),
        ("a@b.xn--p1ai", "EMAIL_ADDRESS", "a@b.xn--p1ai"),
        ("from 203.0.113.7:8080", "IP_ADDRESS", "203.0.113.7"),
        ("from 10.0.0.1, then", "IP_ADDRESS", "10.0.0.1"),
        ("ping 2001:db8::7 now", "IP_ADDRESS", "2001:db8::7"),
        ("fe80:0:0:0:1:2:3:4", "IP_ADDRESS", "fe80:0:0:0:1:2:3:4"),
        ("router 192.168.1.1", "IP_ADDRESS", "192.168.1.1"),
        ("ip=1.2.3.4", "IP_ADDRESS", "1.2.3.4"),
        ("1.2.3.4 - - [28/Mar/2025:07:02:36 +0000]", "IP_ADDRESS", "1.2.3.4"),
        ("ssh root@10.0.0.5", "IP_ADDRESS", "10.0.0.5"),
        ("http://8.8.8.8/x", "IP_ADDRESS", "8.8.8.8"),
        ("Chrome/120.0.0.0 192.168.3.4", "IP_ADDRESS", "192.168.3.4"),
        ("服务器10.2.3.4", "IP_ADDRESS", "10.2.3.4"),
        ("upgrade the router at 10.1.1.1", "IP_ADDRESS", "10.1.1.1"),
        ("user,ip\njane,5.6.7.8", "IP_ADDRESS", "5.6.7.8"),
        ("2026-01-02 10:11:12 [warn] Bad password for dani (1.2.3.4)", "IP_ADDRESS", "1.2.3.4"),
        ("IPV4/TLS/172.17.0.2/5061", "IP_ADDRESS", "172.17.0.2"),
        ("[1234::5678]:80", "IP_ADDRESS", "1234::5678"),
        ("[apache] 192.168.10.24 login failed", "IP_ADDRESS", "192.168.10.24"),
        ("[nginx] 10.1.2.3 login failed", "IP_ADDRESS", "10.1.2.3"),
        ("nginx 84.112.33.21 - - GET /", "IP_ADDRESS", "84.112.33.21"),
        ("Windows PC 10.1.2.3", "IP_ADDRESS", "10.1.2.3"),
        ("from=10.1.2.3", "IP_ADDRESS", "10.1.2.3"),
        ("10.1.2.3 keeps attacking us", "IP_ADDRESS", "10.1.2.3"),
    ],
)
def test_an_address_is_found_whole(text: str, kind: str, value: str) -> None:
    assert found(text) == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "a@b",
        "@example.com",
        "version 10.5.2.1",
        "v1.2.3.4",
        "1.2.3.4.5",
        "256.1.1.1",
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104 - no server listens to a text
        "255.255.255.0",
        "::1",
        "12:30:45",
        "std::vector::iterator",
        "1:2:3:4:5:6:7:8:9",
        "Upgrade Edge 120.0.2210.91 and build 1.84.1.0",
        "Mozilla/5.0 Chrome/121.0.0.0 Safari/537.36",
        "kernel/5.15.90.1-microsoft-standard",
        "pkg==1.2.3.4",
        "requests-1.2.3.4.tar.gz",
        "Upgraded from 1.84.1.0 to 1.85.0.0",
        "Bump foo from 1.2.3.4 to 1.2.3.5",
        "section 3.2.1.4",
        "§ 4.3.2.1",
        "OID 1.3.6.1",
        "Oracle 11.2.0.4",
        "libssl 1.1.1.1",
        "1.2.3.4 Heading",
        "2026-01-02 10:11:12 upgraded foo to 1.2.3.4",
        "lodash@4.17.21.1",
        "версия 1.2.3.4",
        "バージョン1.2.3.4",
        "bad::face",
        "nginx 1.25.3.1",
        "upgrade to 10.1.2.3",
        "firmware 192.168.1.1",
        "x = a[100::200]",
        "a1:b2:c3:d4:e5:f6:a7:b8",
    ],
)
def test_what_only_looks_like_an_address_is_not_found(text: str) -> None:
    assert found(text) == []


@given(st.ip_addresses(v=4).filter(lambda address: not str(address).startswith(("0.", "127.", "255."))))
def test_every_address_of_a_host_is_found(address: object) -> None:
    assert found(f"host {address}, please") == [("IP_ADDRESS", str(address))]


@pytest.mark.parametrize(
    "text",
    [
        "git clone git@github.com:pallets/flask.git",
        "ssh://git@gitlab.example.com/group/project.git",
        "hg@bitbucket.org/team/project",
        "usb 1-1.4.2.1: new high-speed USB device",
        "icons/logo@2x.png, sprite@3x.webp",
        "https://cdn.example.com/npm/foo@next.js",
    ],
)
def test_names_of_files_and_accounts_of_repositories_are_no_mail_addresses(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("address", ["git@example.com", "anna@example.rs", "deploy@web1.example.com"])
def test_other_addresses_stay_mail_addresses(address: str) -> None:
    text = f"Write to {address} today."
    assert found(text) == [("EMAIL_ADDRESS", address)]


@pytest.mark.parametrize(
    "text",
    [
        "https://ci:$PASS@example.com",
        "git clone https://$LOGIN:$DEPLOY_KEY@git.example.org/a/b.git",
        "https://%s:%s@mirror.example.net",
        "ftp://name:pass@files.example.com",
        "ssh://deploy@web1.example.com:22/srv",
    ],
)
def test_users_and_hosts_of_urls_are_no_mail_addresses(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/?to=jane@example.com",
        "mailto://jane@example.com/x",
        "smtp://jane@example.com:secret@smtp.example.org",
        "https://jane@example.com",
        "see https://example.org or jane@example.com",
    ],
)
def test_mail_addresses_in_and_behind_urls_stay(text: str) -> None:
    assert ("EMAIL_ADDRESS", "jane@example.com") in found(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("メールはhanako@example.jpまで", "hanako@example.jp"),
        ("请联系wang@example.com.cn谢谢", "wang@example.com.cn"),
        ("пишите на ivan@example.ruили", "ivan@example.ru"),
        ("Mail an eva@example.com.Danke", "eva@example.com"),
        ("eva@example.netund", "eva@example.net"),
        ("eva@example.atoder", "eva@example.at"),
        ("用户@例子.中国", "用户@例子.中国"),
        ("вася@почта.рф", "вася@почта.рф"),
        ("JANE@EXAMPLE.COM", "JANE@EXAMPLE.COM"),
        ("root@nas.local", "root@nas.local"),
    ],
)
def test_an_address_ends_at_its_top_level_domain(text: str, address: str) -> None:
    assert found(text) == [("EMAIL_ADDRESS", address)]


@pytest.mark.parametrize(
    "text",
    [
        "backup@home.timer",
        "serial-getty@ttyS0.service",
        "web@node7.svc",
        "redis@cache-0.cache.prod.svc",
        "job@runner.ns.svc.cluster.local",
        "k@qz.OrgX",
        "k@qz.cOm",
        "redis://cache:$CACHE_PASS@redis.example.com",
        "https://{user}:{password}@example.org",
    ],
)
def test_units_random_text_and_variables_in_urls_are_no_mail_addresses(text: str) -> None:
    assert found(text) == []


def test_two_addresses_in_a_text_without_spaces_are_two() -> None:
    assert found("a@example.jpとb@example.krへ") == [
        ("EMAIL_ADDRESS", "a@example.jp"),
        ("EMAIL_ADDRESS", "b@example.kr"),
    ]
