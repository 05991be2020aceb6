"""Known attacks: stored under their name, sealed, from a known origin."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.attacks import KnownAttack
from tests.schemas.examples import example


def test_an_attack_of_all_tenants_names_none_and_is_stored_by_its_name() -> None:
    attack: KnownAttack = example(KnownAttack)

    everybody = attack.model_copy(update={"tenant": None})

    assert everybody.partition_key == attack.partition_key == attack.name
    assert "tenant" not in json.loads(everybody.model_dump_json(exclude_none=True))


@pytest.mark.parametrize(
    "changed", [{"sealed": None}, {"origin": "rumour"}, {"tenant": "not a tenant"}, {"note": "Free text!"}]
)
def test_an_attack_without_a_seal_or_with_free_text_is_refused(changed: dict[str, Any]) -> None:
    attack: KnownAttack = example(KnownAttack)

    with pytest.raises(ValidationError, match=next(iter(changed))):
        KnownAttack.model_validate({**attack.model_dump(), **changed})
