"""The parts that the configuration makes."""

from pathlib import Path

from weir.config.models import Config
from weir.local.docker_parts import docker_clickhouse, docker_kafka
from weir.local.parts import StackPart
from weir.stack.parts import servers, services


def settings_of(parts: list[StackPart]) -> set[str]:
    return {need.setting for part in parts for need in part.ports}


def is_in_configuration(setting: str) -> bool:
    *sections, key = setting.split(".")
    model = Config
    for section in sections:
        field = model.model_fields.get(section)
        if field is None or not isinstance(field.annotation, type):
            return False
        model = field.annotation
    return key in model.model_fields


def test_the_setting_that_moves_a_taken_port_stands_in_the_configuration(tmp_path: Path) -> None:
    config = Config(home=tmp_path)

    named = settings_of(
        [*servers(config), *services(config, []), docker_kafka(1, 2), docker_clickhouse(3, tmp_path)]
    )

    assert {"kafka.port", "clickhouse.port", "model.port", "gateway.port", "metrics_port"} <= named
    assert [setting for setting in sorted(named) if not is_in_configuration(setting)] == []
