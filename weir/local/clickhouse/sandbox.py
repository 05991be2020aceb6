"""The second wall behind the gate: the engine's own grants, and a `default` database that does not show the files of the machine.

The embedded engine starts as a tool for one person's files: its user may read and write every file and address, and a
name that is no table in `default` is taken for a path. It reads its users from a configuration file, so here it gets
one that grants tables and nothing beyond them.
"""

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

from weir.local.clickhouse.vocabulary import BOUNDED_SETTINGS, ENGINES
from weir.local.folders import write_atomically

_GRANTS = (
    "GRANT SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP, TRUNCATE, OPTIMIZE ON *.*",
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
    """Write the engine's configuration and return how to connect to its store under it."""
    config = folder / "config"
    nothing = config / "nothing"
    shutil.rmtree(nothing, ignore_errors=True)
    nothing.mkdir(parents=True)
    users = config / "users.xml"
    write_atomically(users, _users())
    folders = "".join(f"<{name}>{escape(str(nothing))}/</{name}>" for name in _FOLDERS)
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
    user = f"<password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota><grants>{grants}</grants>"
    return (
        f"<clickhouse><profiles><default><constraints>{fixed}{bounds}</constraints></default></profiles>"
        f"<quotas><default/></quotas><users><default>{user}</default></users></clickhouse>\n"
    )


def replace_default(store: Path, run: Callable[[str], object]) -> None:
    """Put an ordinary database in the place of `default`, with the tables that it has; the engine makes its own again at each start."""
    tables = store / "metadata" / "default"
    if tables.is_symlink():
        inside = tables.resolve().name
    else:
        # It held no table when it was last open; the engine has forgotten the id that its file names.
        (store / "metadata" / "default.sql").unlink(missing_ok=True)
        inside = str(uuid.uuid4())
    run("DETACH DATABASE default")
    run(f"ATTACH DATABASE default UUID '{inside}' ENGINE = Atomic")
