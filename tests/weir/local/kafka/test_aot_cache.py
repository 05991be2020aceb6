"""The JVM's cache: one broker records it, others start without it, and a broken one is thrown away."""

import os
from pathlib import Path

import pytest

from weir.local.kafka.aot_cache import AotFlags, flags


@pytest.fixture
def jars(tmp_path: Path) -> Path:
    folder = tmp_path / "kafka-4"
    folder.mkdir()
    return folder


def java(folder: Path, *, accepts: bool) -> list[str]:
    """A JVM that accepts every recorded cache, or none."""
    program = folder / f"java-{accepts}"
    program.write_text(f"#!/bin/sh\nexit {0 if accepts else 1}\n")
    program.chmod(0o755)
    return [str(program), "-cp", "jars"]


def output_of(made: AotFlags) -> Path:
    """The file to which a broker records."""
    return Path(made.broker[0].removeprefix("-XX:AOTCacheOutput="))


def test_the_first_broker_records_and_a_second_one_meanwhile_does_without(tmp_path: Path, jars: Path) -> None:
    first = flags(java(tmp_path, accepts=True), jars)
    second = flags(java(tmp_path, accepts=True), jars)

    assert first.recording is not None
    assert os.get_inheritable(first.recording.fileno())
    assert (first.use, output_of(first).parent) == ((), tmp_path)
    assert second == AotFlags((), ())

    first.recording.close()


def test_what_was_recorded_whole_is_used_from_then_on(tmp_path: Path, jars: Path) -> None:
    command = java(tmp_path, accepts=True)
    first = flags(command, jars)
    output_of(first).write_bytes(b"recorded")
    assert first.recording is not None
    first.recording.close()

    second, third = flags(command, jars), flags(command, jars)

    cache = Path(second.use[0].removeprefix("-XX:AOTCache="))
    assert second == third == AotFlags(second.use, second.use)
    assert cache.read_bytes() == b"recorded"


def test_what_the_jvm_does_not_accept_is_recorded_again(tmp_path: Path, jars: Path) -> None:
    command = java(tmp_path, accepts=False)
    first = flags(command, jars)
    output_of(first).write_bytes(b"half")
    assert first.recording is not None
    first.recording.close()

    second = flags(command, jars)

    assert second.recording is not None
    assert output_of(second) == output_of(first)
    assert not output_of(second).exists()

    second.recording.close()


def test_other_flags_of_the_jvm_have_another_cache(tmp_path: Path, jars: Path) -> None:
    command = java(tmp_path, accepts=True)
    one, other = flags(command, jars), flags([*command, "-Xmx1g"], jars)

    assert output_of(one) != output_of(other)
    for made in (one, other):
        assert made.recording is not None
        made.recording.close()
