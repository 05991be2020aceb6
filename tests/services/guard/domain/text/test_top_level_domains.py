"""Countries and frequent generic domains are usual; units and file endings are not."""

import pytest

from services.guard.domain.text.top_level_domains import has_usual_top_level, is_top_level, top_level_end


@pytest.mark.parametrize("domain", ["example.com", "x.co.uk", "firma.GmbH.de.", "a=2Ecom", "shop.online"])
def test_a_usual_domain(domain: str) -> None:
    assert has_usual_top_level(domain)


@pytest.mark.parametrize("domain", ["a.pdf", "a.x", "a.12", "index.html", "foo.bar"])
def test_an_unusual_domain(domain: str) -> None:
    assert not has_usual_top_level(domain)


@pytest.mark.parametrize("label", ["com", "COM", "Com", "museum", "рф", "xn--p1ai", "中国", "local", "test"])
def test_a_label_of_the_root_zone_or_a_reserved_one(label: str) -> None:
    assert is_top_level(label)


@pytest.mark.parametrize("label", ["service", "svc", "cOm", "coM", "baz", "", "12"])
def test_any_other_label(label: str) -> None:
    assert not is_top_level(label)


@pytest.mark.parametrize(
    ("domain", "end"),
    [
        ("a.com", 5),
        ("a.com.Please", 5),
        ("a.comまで", 5),
        ("a.deund", 4),
        ("com", None),
        ("a.b.svc", None),
        ("", None),
    ],
)
def test_the_end_of_a_domain_that_a_text_continues(domain: str, end: int | None) -> None:
    assert top_level_end(domain) == end
