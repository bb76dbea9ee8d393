"""Unpacking a backup's files: what is packed comes out, and no archive writes outside its folder."""

import io
import tarfile

import pytest

from portal.operations.unpack import BadArchiveError, unpack

CONTENT = b"a workbook"


def member(name: str, kind: bytes = tarfile.REGTYPE, **fields) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    for field, value in fields.items():
        setattr(info, field, value)
    return info


@pytest.fixture
def packed(tmp_path):
    """Return a function that packs members into an archive and returns its path; files get CONTENT."""

    def packed(*members: tarfile.TarInfo):
        path = tmp_path / "files.tar"
        with tarfile.open(path, "w") as archive:
            for info in members:
                info.size = len(CONTENT) if info.isreg() else 0
                archive.addfile(info, io.BytesIO(CONTENT))
        return path

    return packed


def test_a_packed_folder_comes_out_as_it_was(tmp_path):
    there = tmp_path / "there"
    (there / "reports" / "1").mkdir(parents=True)
    (there / "empty").mkdir()
    (there / "reports" / "1" / "ääkköset, 2026-10.xlsx").write_bytes(CONTENT)
    (there / "top.csv").write_bytes(b"")
    (there / "top.csv").chmod(0o640)
    (there / "reports" / "1" / "ääkköset, 2026-10.xlsx").chmod(0o600)
    with tarfile.open(tmp_path / "files.tar", "w") as archive:
        archive.add(there, arcname=".")

    unpack(tmp_path / "files.tar", tmp_path / "back")

    def seen(folder):
        return {
            path.relative_to(folder): (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime)
            if path.is_file() else None
            for path in folder.rglob("*")
        }  # fmt: skip

    assert seen(tmp_path / "back") == seen(there)
    assert len(seen(there)) == 5


def test_an_archive_without_members_gives_an_empty_folder(tmp_path, packed):
    unpack(packed(), tmp_path / "back")

    assert list((tmp_path / "back").iterdir()) == []


@pytest.mark.parametrize(
    ("hostile", "said"),
    [
        (member("../outside"), "would be written outside the folder of the backup"),
        (member("reports/../../outside"), "would be written outside the folder of the backup"),
        (member("/tmp/portal-outside"), "would be written outside the folder of the backup"),
        (member("..", tarfile.DIRTYPE), "would be written outside the folder of the backup"),
        (member("link", tarfile.SYMTYPE, linkname="/etc"), "is neither a file nor a folder"),
        (member("link", tarfile.SYMTYPE, linkname="good"), "is neither a file nor a folder"),
        (member("link", tarfile.LNKTYPE, linkname="../files.tar"), "is neither a file nor a folder"),
        (member("link", tarfile.LNKTYPE, linkname="good"), "is neither a file nor a folder"),
        (member("null", tarfile.CHRTYPE, devmajor=1, devminor=3), "is neither a file nor a folder"),
        (member("disk", tarfile.BLKTYPE, devmajor=8, devminor=0), "is neither a file nor a folder"),
        (member("pipe", tarfile.FIFOTYPE), "is neither a file nor a folder"),
    ],
)
def test_hostile_members_are_refused_before_anything_is_written(tmp_path, packed, hostile, said):
    archive = packed(member("good"), hostile)

    with pytest.raises(BadArchiveError, match=said) as error:
        unpack(archive, tmp_path / "inner" / "back")

    assert repr(hostile.name) in str(error.value)
    assert list(tmp_path.iterdir()) == [archive]


@pytest.mark.parametrize("members", [("twice", "twice"), ("twice", "twice/below"), ("twice/below", "twice")])
def test_a_name_that_is_in_it_twice_is_refused(tmp_path, packed, members):
    with pytest.raises(BadArchiveError, match="is in it twice"):
        unpack(packed(*map(member, members)), tmp_path / "back")


def test_modes_of_others_are_not_restored(tmp_path, packed):
    unpack(packed(member("open", mode=0o7777)), tmp_path / "back")

    assert (tmp_path / "back" / "open").stat().st_mode & 0o7777 == 0o640


@pytest.mark.parametrize("kept", [0, 100, 700])
def test_a_cut_archive_is_named_as_broken(tmp_path, packed, kept):
    archive = packed(member("reports/1.xlsx", size=10), member("reports/2.xlsx"))
    with archive.open("r+b") as file:
        file.truncate(kept)

    with pytest.raises(BadArchiveError, match=r"files\.tar is broken"):
        unpack(archive, tmp_path / "back")
