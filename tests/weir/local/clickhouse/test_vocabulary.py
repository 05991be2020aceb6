"""The allow-lists: what the services need is in them, and nothing that leads out of the database."""

import pytest

from weir.local.clickhouse import vocabulary


@pytest.mark.parametrize(
    "name",
    [
        "input_format_record_errors_file_path",
        "output_format_schema",
        "format_schema",
        "format_template_row",
        "disk",
    ],
)
def test_settings_that_name_files_are_never_allowed(name: str) -> None:
    assert not vocabulary.is_setting_allowed(name)


@pytest.mark.parametrize(
    "name",
    [
        "insert_deduplication_token",
        "max_insert_block_size",
        "date_time_input_format",
        "input_format_parallel_parsing",
    ],
)
def test_the_settings_of_the_services_are_allowed(name: str) -> None:
    assert vocabulary.is_setting_allowed(name)


@pytest.mark.parametrize("name", ["disk", "storage_policy", "zookeeper_path", "allow_remote_fs_zero_copy"])
def test_settings_of_tables_that_name_places_are_never_allowed(name: str) -> None:
    assert not vocabulary.is_table_setting_allowed(name)
    assert vocabulary.is_table_setting_allowed("index_granularity")


def test_no_statement_that_only_reads_changes_anything() -> None:
    changing = ("Insert", "Create", "Alter", "Drop", "Truncate", "Rename", "Optimize", "Delete")

    assert [kind for kind in vocabulary.READING if kind.startswith(changing)] == []
    assert vocabulary.READING < vocabulary.WRITING


def test_nothing_of_the_allow_lists_leads_out_of_the_database() -> None:
    outside = {"file", "url", "s3", "remote", "mysql", "postgresql", "executable", "jdbc", "hdfs", "sqlite"}

    assert not outside & {name.lower() for name in vocabulary.TABLE_FUNCTIONS | vocabulary.ENGINES}
    assert not outside & {name.lower() for name in vocabulary.OTHER_FUNCTIONS}


def test_an_analyst_sees_no_query_of_another_user() -> None:
    others = {"processes", "query_log", "users", "grants", "settings_changes", "errors"}

    assert not others & vocabulary.ANALYST_TABLES
    assert vocabulary.ANALYST_TABLES < vocabulary.WRITER_TABLES
