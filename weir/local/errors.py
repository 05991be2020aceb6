"""The errors of the local stack.

LocalStackError            base; the message has the cause, the value and the remedy
├── DownloadError          a jar was not downloaded or is not the pinned one; run again, good jars are kept
├── PortBusyError          another program listens on the port; nothing was started
├── FolderBusyError        another process has locked the folder; nothing was changed
├── PartStartError         a part was not ready in time; its log has the reason
└── MissingPackageError    a package of the `embedded` extra is not installed
"""


class LocalStackError(Exception):
    """Base of all errors of the local stack."""


class DownloadError(LocalStackError):
    """A jar could not be downloaded, or its checksum is not the pinned one."""


class PortBusyError(LocalStackError):
    """A port that a part needs is in use by another program."""

    def __init__(self, port: int, part: str, setting: str) -> None:
        """Name the port, the part that needs it and the setting that changes it."""
        self.port = port
        self.part = part
        self.setting = setting
        super().__init__(
            f"port {port} on 127.0.0.1 is taken, but {part} needs it: "
            f"stop the other program or change `{setting}`"
        )


class FolderBusyError(LocalStackError):
    """Another running process has locked a folder that only one process may write."""


class PartStartError(LocalStackError):
    """A part ended before it was ready, or was not ready in time."""


class MissingPackageError(LocalStackError):
    """The package that contains a part is not installed."""
