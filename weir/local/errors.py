"""What can go wrong while the local stack starts.

LocalStackError            base: the message holds the fact, the value and the way out
├── DownloadError          a jar could not be fetched or is not the pinned one; run again, the good jars are kept
├── PortBusyError          another program listens there; nothing was started
├── FolderBusyError        another process owns the folder; nothing was touched
├── PartStartError         a part did not become ready in its time; its log says why
└── MissingPackageError    an optional package of the `embedded` extra is not installed
"""


class LocalStackError(Exception):
    """Base of every failure of the local stack."""


class DownloadError(LocalStackError):
    """A jar could not be fetched, or its checksum is not the pinned one."""


class PortBusyError(LocalStackError):
    """A port that a part needs is taken by another program."""

    def __init__(self, port: int, part: str, setting: str) -> None:
        """Name the port, who needs it and the setting that moves it."""
        self.port = port
        self.part = part
        self.setting = setting
        super().__init__(
            f"port {port} on 127.0.0.1 is taken, but {part} needs it: stop the other program or change `{setting}`"
        )


class FolderBusyError(LocalStackError):
    """Another living process owns a folder that only one may write."""


class PartStartError(LocalStackError):
    """A part ended or stayed silent before it was ready."""


class MissingPackageError(LocalStackError):
    """A package that brings a local part is not installed."""
