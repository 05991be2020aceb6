"""The allow-lists of statements: node kinds, functions, engines, formats, settings and system tables."""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


READING = _words(
    """
    SelectWithUnionQuery SelectIntersectExceptQuery SelectQuery ExpressionList Asterisk QualifiedAsterisk
    Identifier TableIdentifier Literal QueryParameter Function TablesInSelectQuery
    TablesInSelectQueryElement TableExpression TableJoin ArrayJoin Subquery WithElement OrderByElement
    WindowListElement WindowDefinition InterpolateElement SampleRatio DataType NameTypePair
    ObjectTypeArgument EnumDataType TupleDataType ColumnsTransformerList ColumnsExceptTransformer
    ColumnsReplaceTransformer ColumnsReplaceTransformer::Replacement ColumnsListMatcher ColumnsRegexpMatcher
    QualifiedColumnsListMatcher QualifiedColumnsRegexpMatcher StorageOrderByElement Set UseQuery Explain
    ShowTables ShowColumns ShowIndexes ShowFunctions ShowCreateTableQuery ShowCreateViewQuery
    ShowCreateDatabaseQuery ShowEngineQuery DescribeQuery ExistsTableQuery ExistsViewQuery
    ExistsDatabaseQuery
    """
)
_CHANGING = _words(
    """
    InsertQuery CreateQuery AlterQuery AlterCommand DropQuery TruncateQuery Rename OptimizeQuery DeleteQuery
    CheckQuery ColumnDeclaration Index Projection ProjectionSelectQuery Constraint Assignment Partition
    TTLElement ViewTargets
    """
)
WRITING = READING | _CHANGING | {"Columns definition", "Storage definition"}
ALTERATIONS = _words(
    """
    ADD_COLUMN DROP_COLUMN MODIFY_COLUMN RENAME_COLUMN COMMENT_COLUMN MATERIALIZE_COLUMN ADD_INDEX
    DROP_INDEX MATERIALIZE_INDEX ADD_PROJECTION DROP_PROJECTION MATERIALIZE_PROJECTION ADD_CONSTRAINT
    DROP_CONSTRAINT MODIFY_ORDER_BY MODIFY_TTL REMOVE_TTL MATERIALIZE_TTL MODIFY_SETTING RESET_SETTING
    MODIFY_QUERY MODIFY_COMMENT DELETE UPDATE DROP_PARTITION APPLY_DELETED_MASK
    """
)
EXPLANATIONS = frozenset(
    {"EXPLAIN", "EXPLAIN AST", "EXPLAIN SYNTAX", "EXPLAIN QUERY TREE", "EXPLAIN PIPELINE", "EXPLAIN ESTIMATE"}
)

TABLE_FUNCTIONS = frozenset(
    {"numbers", "numbers_mt", "zeros", "zeros_mt", "generate_series", "generateseries", "values", "view"}
)
ENGINES = _words(
    """
    MergeTree ReplacingMergeTree SummingMergeTree AggregatingMergeTree CollapsingMergeTree
    VersionedCollapsingMergeTree CoalescingMergeTree GraphiteMergeTree Memory Null Log TinyLog StripeLog
    Atomic
    """
)
"""Engines that store rows in the state folder or in memory; all others use other places."""

REFUSED_CATEGORIES = frozenset(
    {"AI", "Dictionary", "Embedded Dictionary", "Internal", "Introspection", "Machine Learning"}
)
"""Function categories that contact other hosts, read other files, or inspect the process."""
OTHER_FUNCTIONS = _words(
    """
    MACNumToString MACStringToNum MACStringToOUI bar blockNumber blockSerializedSize blockSize byteSize
    countDigits currentDatabase currentProfiles currentRoles currentSchemas currentUser defaultProfiles
    defaultRoles defaultValueOfArgumentType defaultValueOfTypeName digits displayName dumpColumnStructure
    enabledProfiles enabledRoles errorCodeToName finalizeAggregation formatQuery formatQueryOrNull
    formatQuerySingleLine formatQuerySingleLineOrNull formatReadableDecimalSize formatReadableQuantity
    formatReadableSize formatReadableTimeDelta getSetting getSettingOrDefault getSizeOfEnumType getSubcolumn
    getTypeSerializationStreams globalVariable hasColumnInTable identity ignore indexHint
    initializeAggregation isConstant isDecimalOverflow lowCardinalityIndices lowCardinalityKeys materialize
    minSampleSizeContinuous minSampleSizeConversion neighbor normalizeQuery normalizeQueryKeepNames
    normalizedQueryHash normalizedQueryHashKeepNames parseISO8601Duration parseReadableSize
    parseReadableSizeOrNull parseReadableSizeOrZero parseTimeDelta partitionId revision rowNumberInAllBlocks
    rowNumberInBlock runningAccumulate runningDifference runningDifferenceStartingWithFirstValue throwIf
    toColumnTypeName toTypeName transform uptime variantElement variantType version visibleWidth
    """
)
"""Allowed functions of the category `Other`, which also has functions that read files."""
SLEEP_FUNCTIONS = frozenset({"sleep", "sleepEachRow"})
"""Allowed for the services' user only: with them an analyst could occupy all slots."""
GRAMMAR_FUNCTIONS = _words(
    """
    _cast nested lambda exists untuple grouping caseWithExpression caseWithExpr caseWithoutExpression any
    all codec zstd zstd_qat lz4 lz4hc delta doubledelta gorilla t64 gcd fpc none minmax set bloom_filter
    tokenbf_v1 ngrambf_v1 text tdigest uniq countmin
    """
)
"""Written like functions, but part of the grammar: codecs, index types and some operators."""

REFUSED_FORMATS = _words(
    """
    AvroConfluent CapnProto DWARF MySQLWire ODBCDriver2 PostgreSQLWire Protobuf ProtobufList ProtobufSingle
    Puffin PuffinMetadata Template TemplateIgnoreSpaces
    """
)
"""Formats that read schemas or templates from files, contact a registry, or use another protocol."""

_SETTINGS = re.compile(
    r"""(?:input_format|output_format|format_csv|format_binary|format_json|format_custom|optimize
    |query_plan|join|group_by|date_time
    |insert|async_insert|deduplicate|min_insert_block_size|describe|allow_suspicious|param)_\w+
    |max_(?!.*(?:distributed|remote|replica|server|backup|user))\w+
    |readonly|async_insert|wait_for_async_insert|session_timezone|mutations_sync|alter_sync
    |lightweight_deletes_sync|final|extremes
    |enable_analyzer|allow_experimental_analyzer|allow_nullable_key|flatten_nested|transform_null_in
    |union_default_mode|joined_subquery_requires_alias
    |prefer_column_name_to_alias|aggregate_functions_null_for_empty
    |empty_result_for_aggregation_by_empty_set|totals_mode|any_join_distinct_right_table_keys
    |count_distinct_implementation|cast_keep_nullable|cast_string_to_dynamic_use_inference
    |data_type_default_nullable|use_uncompressed_cache|use_skip_indexes|priority|limit|offset
    |read_overflow_mode|result_overflow_mode|timeout_overflow_mode|sort_overflow_mode
    |distinct_overflow_mode|set_overflow_mode
    |timeout_before_checking_execution_speed|connect_timeout|receive_timeout|send_timeout
    |http_receive_timeout|http_send_timeout
    |http_zlib_compression_level|http_headers_progress_interval_ms|http_max_field_value_size
    |http_write_exception_in_output_format
    |send_progress_in_http_headers|cancel_http_readonly_queries_on_client_close|enable_http_compression
    |log_comment|log_queries
    |low_cardinality_max_dictionary_size|short_circuit_function_evaluation
    |parallelize_output_from_storages
    |show_table_uuid_in_table_create_query_if_not_nil
    |database_atomic_wait_for_drop_and_detach_synchronously|materialize_ttl_after_modify""",
    re.VERBOSE,
)
_REFUSED_SETTINGS = re.compile(
    r".*(?:path|file|schema|disk|policy|registry|zookeeper).*|format_json_object_each_row_column_for_object_name"
)
_REFUSED_TABLE_SETTINGS = re.compile(r".*(?:path|disk|policy|zookeeper|zero_copy|remote_fs).*")
_ALLOWED_DESPITE_NAME = re.compile(
    r"(?:input|output)_format_\w*(?:in_schema_inference|for_schema_inference)|max_\w+_on_disk_size\w*"
)
BOUNDED_SETTINGS = {
    "max_execution_time": 3600.0,
    "max_memory_usage": 4.0 * 1024**3,
    "max_memory_usage_for_user": 4.0 * 1024**3,
    "max_result_bytes": 512.0 * 1024**2,
    "max_threads": 64.0,
}
"""The maximum of settings that are limits; 0 would mean no limit, so it is refused."""

_CATALOG_TABLES = _words(
    """
    one numbers numbers_mt zeros zeros_mt primes tables columns databases functions
    aggregate_function_combinators settings merge_tree_settings formats data_type_families table_engines
    table_functions database_engines collations keywords time_zones build_options contributors licenses
    parts parts_columns projections projection_parts data_skipping_indices data_skipping_index_types
    documentation completions constraints codecs unicode tokenizers current_roles enabled_roles
    """
)
_OPERATING_TABLES = _words(
    """
    processes merges mutations moves metrics events asynchronous_metrics errors detached_parts
    detached_tables dropped_tables dropped_tables_parts disks storage_policies server_settings
    asynchronous_inserts settings_changes warnings view_refreshes grants users quotas quota_usage
    dimensional_metrics histogram_metrics query_log part_log macros clusters replicas dictionaries
    """
)
ANALYST_TABLES = _CATALOG_TABLES
WRITER_TABLES = _CATALOG_TABLES | _OPERATING_TABLES
"""Tables of `system`; those for the analyst do not show the queries of other users."""


def is_setting_allowed(name: str) -> bool:
    """Whether a statement or a request may change this setting of a query."""
    if _ALLOWED_DESPITE_NAME.fullmatch(name):
        return True
    return _SETTINGS.fullmatch(name) is not None and _REFUSED_SETTINGS.fullmatch(name) is None


def is_table_setting_allowed(name: str) -> bool:
    """Whether a table may be created with this setting, which is a table setting of the engine."""
    return _REFUSED_TABLE_SETTINGS.fullmatch(name) is None
