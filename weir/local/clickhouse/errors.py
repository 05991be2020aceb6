"""ClickHouse's error codes, and the HTTP statuses with which its server answers them."""

import re

_CODE = re.compile(r"Code:\s*(\d+)\.\s*DB::Exception:\s*")
UNKNOWN_EXCEPTION = 1002
READ_ONLY = 164
TOO_MANY_QUERIES = 202
NOT_IMPLEMENTED = 48
SYNTAX_ERROR = 62
UNKNOWN_FORMAT = 73
UNKNOWN_SETTING = 115
CONSTRAINT_VIOLATION = 452
ACCESS_DENIED = 497
AUTHENTICATION_FAILED = 516
BAD_REQUEST_PARAMETER = 36
TOO_LARGE = 12
CANNOT_PARSE_INPUT = 27
CANNOT_DECOMPRESS = 271
SERVER_STATUS = 500

_STATUS_OF_CODE = {
    # The statement or its data cannot be parsed.
    **dict.fromkeys(
        (
            6,
            25,
            26,
            27,
            38,
            41,
            43,
            53,
            62,
            69,
            70,
            72,
            85,
            108,
            117,
            130,
            131,
            271,
            321,
            33,
            36,
            42,
            456,
            457,
        ),
        400,
    ),
    **dict.fromkeys((READ_ONLY, CONSTRAINT_VIOLATION, ACCESS_DENIED, AUTHENTICATION_FAILED), 403),
    TOO_LARGE: 413,
    # A name in the statement does not exist.
    **dict.fromkeys((8, 13, 16, 46, 47, 50, 56, 60, 63, UNKNOWN_FORMAT, 81, UNKNOWN_SETTING, 218, 219), 404),
    159: 408,
    NOT_IMPLEMENTED: 501,
    TOO_MANY_QUERIES: 503,
}


class EngineError(Exception):
    """An error of the engine or a refusal of the gate, with a code of ClickHouse."""

    def __init__(self, code: int, message: str) -> None:
        """Keep the code for the response header and the message for the body."""
        self.code = code
        super().__init__(f"Code: {code}. DB::Exception: {message}")

    @property
    def status(self) -> int:
        """The HTTP status with which ClickHouse's server answers this code."""
        return _STATUS_OF_CODE.get(self.code, SERVER_STATUS)


def from_engine(error: Exception) -> EngineError:
    """Parse the code from an engine's message, and remove repeated prefixes of the message."""
    if isinstance(error, UnicodeDecodeError) or isinstance(error.__cause__, UnicodeDecodeError):
        # The binding cannot decode a message that quotes bytes of the input, so only the cause is known.
        return EngineError(
            CANNOT_PARSE_INPUT,
            "Cannot parse input: the rows do not fit the format or the columns. (CANNOT_PARSE_INPUT)",
        )
    text = str(error)
    prefix = _CODE.search(text)
    if prefix is None:
        return EngineError(UNKNOWN_EXCEPTION, text)
    rest = text[prefix.end() :]
    while repeated := _CODE.match(rest):
        rest = rest[repeated.end() :]
    return EngineError(int(prefix.group(1)), rest)
