"""Export files are read whatever their encoding, separator and title lines; errors name the line."""

from pathlib import Path

import pytest

from weir.invoices.export_file import InvoiceError, read_file

TABLE = "date,model,cost\n2026-11-20,small,0.25\n"


def written(folder: Path, content: bytes) -> Path:
    path = folder / "export.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_encoding_separator_and_line_ends_are_detected(
    tmp_path: Path, encoding: str, separator: str, line_end: str
) -> None:
    text = TABLE.replace(",", separator).replace("\n", line_end)

    file = read_file(written(tmp_path, text.encode(encoding)))

    assert (file.separator, list(file.columns)) == (separator, ["date", "model", "cost"])
    assert [dict(row.cells) for row in file.rows] == [
        {"date": "2026-11-20", "model": "small", "cost": "0.25"}
    ]


def test_titles_and_empty_lines_are_passed_over_and_rows_keep_the_number_of_their_line(
    tmp_path: Path,
) -> None:
    file = read_file(written(tmp_path, f"Costs of November\n\n{TABLE}\n,,\n2026-11-21,large\n".encode()))

    assert [(row.number, row.cells["model"], row.cells["cost"]) for row in file.rows] == [
        (4, "small", "0.25"),
        (7, "large", ""),
    ]


def test_a_quoted_cell_may_hold_the_separator_and_a_line_end(tmp_path: Path) -> None:
    (row,) = read_file(written(tmp_path, b'date,model,cost\n2026-11-20,"small, or\nnot","1,5"\n')).rows

    assert (row.cells["model"], row.cells["cost"]) == ("small, or\nnot", "1,5")


def test_of_two_columns_of_one_name_the_first_counts(tmp_path: Path) -> None:
    (row,) = read_file(written(tmp_path, b"cost,cost\n1,2\n")).rows

    assert row.cells == {"cost": "1"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no header with lines below it"),
        (b"date,model,cost\n", "no header with lines below it"),
        (TABLE.encode() + b"2026-11-21,a,1,2\n", "line 3 has 4 cells, the header has 3"),
        (b"a,b\n\xff\xfe\xfd,1\n", "neither UTF-8 nor UTF-16"),
        (b'a,b\n"1"x,2\n', "line 2"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(InvoiceError, match=message):
        read_file(written(tmp_path, content))


def test_a_missing_and_an_oversized_file_are_refused_unread(tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(513 * 1024**2)

    with pytest.raises(InvoiceError, match="larger than 512 MiB: split it by month"):
        read_file(large)
    with pytest.raises(InvoiceError, match="cannot be read: No such file"):
        read_file(tmp_path / "none.csv")
