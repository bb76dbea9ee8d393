"""Errors of archives, each with a message for the person who imports one."""


class ArchiveError(Exception):
    """The file cannot be imported, and nothing of it was stored."""


class BrokenArchiveError(Exception):
    """The file ends, or cannot be unpacked further, where more is due; what was before it is good."""


class ChangedFileError(BrokenArchiveError):
    """The file's bytes are not those that were there when the import began."""
