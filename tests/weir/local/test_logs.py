"""Logs are rotated while their writers keep them open, and their last lines explain a failed start."""

from pathlib import Path

from weir.local.logs import last_lines, rotate


def test_a_large_log_moves_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    with log.open("ab") as writer:
        for number in range(5):
            writer.write(b"%d" % number * 100)
            writer.flush()
            assert rotate(log, max_bytes=50)
        writer.write(b"end")

    assert log.read_bytes() == b"end"
    assert [(tmp_path / f"part.log.{number}").read_bytes()[:1] for number in (1, 2, 3)] == [b"4", b"3", b"2"]
    assert not (tmp_path / "part.log.4").exists()


def test_the_last_lines_of_a_log_are_its_newest(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    assert last_lines(log) == "(it wrote no log)"

    log.write_text("".join(f"line {number}\n" for number in range(5_000)))

    assert last_lines(log, 2) == "line 4998\nline 4999"
