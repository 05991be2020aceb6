"""The models of weir.yaml refuse what cannot work, and give the documents to publish."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from weir.config.models import DEFAULT_TENANT, Config

PRICE = {
    "name": "stub/stub",
    "version": 1,
    "valid_from": "2026-01-01T00:00:00Z",
    "input_usd_per_mtok": 1,
    "output_usd_per_mtok": 1,
}
PROVIDER = {"name": "stub", "base_url": "http://stub"}
ROUTE = {"name": "small", "candidates": [{"provider": "stub", "model": "stub"}]}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"workers": [["guard"], ["guard"]]}, "two of the workers are named guard"),
        ({"workers": [["gateway"]]}, "the gateway has a process of its own"),
        ({"providers": [PROVIDER, PROVIDER]}, "two of the providers are named stub"),
        ({"providers": [PROVIDER], "routes": [ROUTE, ROUTE]}, "two of the routes are named small"),
        ({"routes": [ROUTE]}, "route 'small' names provider 'stub'; known providers: none"),
        ({"prices": [PRICE, PRICE]}, "two of the prices are named stub/stub"),
        ({"policies": [{"name": "acme"}, {"name": "acme"}]}, "two of the policy documents are named acme"),
        ({"gateway": {"lag_limit_s": float("inf")}}, "finite"),
        ({"kafka": {"port": 0}}, "greater than or equal to 1"),
        ({"providers": [{**PROVIDER, "base_url": "ftp://stub"}]}, "string_pattern_mismatch"),
        ({"tenants": [{"name": "acme", "key_hashes": ["abc"]}]}, "string_pattern_mismatch"),
    ],
)
def test_what_cannot_work_is_refused(fields: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)):
        Config.model_validate(fields)


def test_every_section_refuses_a_key_that_it_does_not_know() -> None:
    for section in ("kafka", "clickhouse", "model", "gateway"):
        with pytest.raises(ValidationError, match=f"{section}.prot"):
            Config.model_validate({section: {"prot": 1}})


def test_an_empty_file_gives_a_whole_stack_whose_services_run_once_each() -> None:
    config = Config.model_validate({})

    services = sorted(name for group in config.workers for name in group)

    assert services == ["evaluator", "guard", "meter", "router", "sink", "watch"]
    assert config.documents() == ()


def test_the_documents_hold_every_part_and_the_budget_of_tenants_without_their_own() -> None:
    config = Config.model_validate(
        {
            "providers": [PROVIDER],
            "routes": [ROUTE],
            "prices": [PRICE],
            "policies": [{"name": "acme"}],
            "tenants": [{"name": "acme", "budget": {"monthly_usd": 5}}, {"name": "globex"}],
            "default_budget": {"monthly_usd": 1},
        }
    )

    documents = {(type(document).__name__, document.name) for document in config.documents()}

    assert documents == {
        ("RouteDocument", "small"),
        ("BudgetDocument", "acme"),
        ("BudgetDocument", DEFAULT_TENANT),
        ("PriceDocument", "stub/stub"),
        ("PolicyDocument", "acme"),
    }
