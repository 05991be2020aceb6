"""ClickHouse's error codes and the HTTP statuses that its server answers with."""

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
    # What the caller wrote cannot be read.
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
    # What the caller names is not there.
    **dict.fromkeys((8, 13, 16, 46, 47, 50, 56, 60, 63, UNKNOWN_FORMAT, 81, UNKNOWN_SETTING, 218, 219), 404),
    159: 408,
    NOT_IMPLEMENTED: 501,
    TOO_MANY_QUERIES: 503,
}


class EngineError(Exception):
    """A refusal or failure of the engine, with ClickHouse's code."""

    def __init__(self, code: int, message: str) -> None:
        """Keep the code for the header and the message for the body."""
        self.code = code
        super().__init__(f"Code: {code}. DB::Exception: {message}")

    @property
    def status(self) -> int:
        """The HTTP status that ClickHouse's server gives this code."""
        return _STATUS_OF_CODE.get(self.code, SERVER_STATUS)


def from_engine(error: Exception) -> EngineError:
    """Read the code out of an engine's message; the engine repeats its prefix, the caller sees it once."""
    if isinstance(error, UnicodeDecodeError) or isinstance(error.__cause__, UnicodeDecodeError):
        # The binding cannot pass on a message that quotes bytes of the input, so the cause is all that is known.
        return EngineError(
            CANNOT_PARSE_INPUT,
            "Cannot parse input: the rows do not fit the format or the columns. (CANNOT_PARSE_INPUT)",
        )
    text = str(error)
    first = _CODE.search(text)
    if first is None:
        return EngineError(UNKNOWN_EXCEPTION, text)
    rest = text[first.end() :]
    while repeated := _CODE.match(rest):
        rest = rest[repeated.end() :]
    return EngineError(int(first.group(1)), rest)
