"""The second line of defence behind the gate: the engine's own grants, and an ordinary `default` database.

The embedded engine is made for local files: by default its user may read and write every file and URL, and a
name that is not a table in `default` is opened as a path. Its configuration, written here, grants access to
tables only.
"""

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

from weir.local.clickhouse.vocabulary import BOUNDED_SETTINGS, ENGINES
from weir.local.folders import write_atomically

_GRANTS = (
    (
        "GRANT SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP, TRUNCATE, "
        "OPTIMIZE ON *.*"
    ),
    *(f"GRANT TABLE ENGINE ON {engine}" for engine in sorted(ENGINES)),
)
_FIXED = (
    *(
        "format_schema",
        "format_schema_source",
        "format_schema_message_name",
        "output_format_schema",
        "format_template_row",
    ),
    *(
        "format_template_resultset",
        "format_template_row_format",
        "format_template_resultset_format",
        "format_avro_schema_registry_url",
    ),
    *(
        "input_format_record_errors_file_path",
        "errors_output_format",
        "rename_files_after_processing",
        "url_base",
        "allow_introspection_functions",
    ),
    *(
        "allow_experimental_ai_functions",
        "dynamic_disk_allow_from_env",
        "dynamic_disk_allow_include",
        "use_query_cache",
    ),
    *("query_cache_share_between_users", "format_display_secrets_in_show_and_select"),
)
_FOLDERS = (
    "user_files_path",
    "user_scripts_path",
    "format_schema_path",
    "dictionaries_lib_path",
    "dynamic_user_defined_executable_functions_path",
)


def connection_string(folder: Path) -> str:
    """Write the configuration of the engine, and return the connection string that uses it."""
    config = folder / "config"
    empty = config / "nothing"
    shutil.rmtree(empty, ignore_errors=True)
    empty.mkdir(parents=True)
    users = config / "users.xml"
    write_atomically(users, _users())
    folders = "".join(f"<{name}>{escape(str(empty))}/</{name}>" for name in _FOLDERS)
    directories = (
        f"<user_directories><users_xml><path>{escape(str(users))}</path></users_xml></user_directories>"
    )
    write_atomically(config / "config.xml", f"<clickhouse>{directories}{folders}</clickhouse>\n")
    return f"{folder / 'store'}?config-file={config / 'config.xml'}"


def _users() -> str:
    fixed = "".join(f"<{name}><const/></{name}>" for name in _FIXED)
    bounds = "".join(
        f"<{name}><max>{highest:.0f}</max></{name}>" for name, highest in BOUNDED_SETTINGS.items()
    )
    grants = "".join(f"<query>{grant}</query>" for grant in _GRANTS)
    user = (
        "<password></password><networks><ip>::/0</ip></networks><profile>default</profile>"
        f"<quota>default</quota><grants>{grants}</grants>"
    )
    return (
        f"<clickhouse><profiles><default><constraints>{fixed}{bounds}</constraints></default></profiles>"
        f"<quotas><default/></quotas><users><default>{user}</default></users></clickhouse>\n"
    )


def replace_default(store: Path, run: Callable[[str], object]) -> None:
    """Replace `default`, which the engine creates at each start, by an ordinary database with its tables."""
    tables = store / "metadata" / "default"
    if tables.is_symlink():
        database_id = tables.resolve().name
    else:
        # Without a table the engine no longer knows the id that the file contains.
        (store / "metadata" / "default.sql").unlink(missing_ok=True)
        database_id = str(uuid.uuid4())
    run("DETACH DATABASE default")
    run(f"ATTACH DATABASE default UUID '{database_id}' ENGINE = Atomic")
