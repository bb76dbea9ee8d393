"""Unpacks a tar archive of plain files: nothing in it can reach outside the folder it is unpacked into.

Python's own filter for this (`extractall(filter="data")`) is missing before 3.11.4, which Debian 12 does not have. This
one is stricter and the same in every version: it takes files and folders only.
"""

import os
import shutil
import tarfile
from pathlib import Path, PurePosixPath


class BadArchiveError(Exception):
    """The archive is broken, or holds something that may not be unpacked; the message names it."""


def unpack(archive: Path, folder: Path) -> None:
    """Unpack the archive into `folder`, which must not exist. Raises BadArchiveError, and OSError of the disk.

    All members are checked before the first one is written. Owners and special permissions are not restored.
    """
    try:
        with tarfile.open(archive) as packed:
            members = [(member, _safe_path(member)) for member in packed]
            folder.mkdir(parents=True, mode=0o750)
            for member, path in members:
                _write(packed, member, folder / path)
    except (tarfile.TarError, EOFError) as error:
        raise BadArchiveError(f"{archive.name} is broken: {error}") from error


def _safe_path(member: tarfile.TarInfo) -> PurePosixPath:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\0" in member.name:
        raise BadArchiveError(f"{member.name!r} would be written outside the folder of the backup")
    if not (member.isreg() or member.isdir()):
        raise BadArchiveError(f"{member.name!r} is neither a file nor a folder")
    return path


def _write(packed: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    try:
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
            target.chmod(0o750)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with packed.extractfile(member) as source, target.open("xb") as file:
            shutil.copyfileobj(source, file)
    except (FileExistsError, NotADirectoryError) as error:
        raise BadArchiveError(f"{member.name!r} is in it twice") from error
    target.chmod(member.mode & 0o640 | 0o600)
    os.utime(target, (member.mtime, member.mtime))
