"""Scopes: the dimensions of a limit, unambiguous for every value; a missing value is the empty one."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.budgets import Limit
from schemas.requests import RequestFacts
from services.meter.domain.limits.scopes import dimensions_of, scope_of

VALUES = st.text(min_size=1, max_size=12)


@given(user=VALUES, project=VALUES, key=VALUES)
def test_a_scope_tells_its_values_apart_whatever_signs_they_hold(
    desk_of: type, user: str, project: str, key: str
) -> None:
    request: RequestFacts = desk_of().facts(1, user=user, project=project, key=key)
    each = Limit.model_validate(
        {"name": "one", "unit": "usd", "amount": 1, "window": "day", "per": ["user", "project", "key"]}
    )
    scope = scope_of(each, request)

    assert scope is not None
    assert dimensions_of(scope) == {"user": user, "project": project, "key": key}


def test_a_limit_leaves_out_what_it_is_not_for_and_a_missing_value_is_no_way_around_it(desk_of: type) -> None:
    desk = desk_of()
    some = Limit.model_validate(
        {
            "name": "one",
            "unit": "usd",
            "amount": 1,
            "window": "day",
            "only": {"project": ["search", "ads"], "user": ["bob"]},
            "per": ["user"],
        }
    )

    assert scope_of(some, desk.facts(1, user="bob", project="ads")) == "project=ads|search,user=bob"
    assert scope_of(some, desk.facts(1, user="bob", project="search")) == "project=ads|search,user=bob"
    assert scope_of(some, desk.facts(1, user="eve", project="ads")) is None
    assert scope_of(some, desk.facts(1)) is None

    each = some.model_copy(update={"only": {}})

    assert scope_of(each, desk.facts(1)) == "user="
    assert dimensions_of("tenant") == {}
