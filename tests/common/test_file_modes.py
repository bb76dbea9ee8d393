"""Reports, logs and what lies beside them are for the portal's user and its group."""

import stat
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from portal.engines import close_to_others


def modes(folder: Path) -> dict[str, str]:
    return {path.name: f"{stat.S_IMODE(path.stat().st_mode):03o}" for path in (folder, *folder.rglob("*"))}


def test_folder_that_others_could_read_is_closed_with_all_in_it(tmp_path):
    log = tmp_path / "log"
    (log / "old").mkdir(parents=True)
    (log / "old" / "web.log.1").write_text("x")
    (log / "own.log").write_text("x")
    (log / "link.log").symlink_to(tmp_path / "elsewhere")
    for name, mode in (("", 0o755), ("old", 0o777), ("old/web.log.1", 0o644), ("own.log", 0o600)):
        (log / name).chmod(mode)
    (tmp_path / "elsewhere").write_text("x")
    (tmp_path / "elsewhere").chmod(0o644)

    close_to_others(log, tmp_path / "missing")

    (log / "link.log").unlink()
    assert modes(log) == {"log": "750", "old": "750", "web.log.1": "640", "own.log": "600"}
    assert modes(tmp_path)["elsewhere"] == "644"


def test_report_file_is_not_for_others(tmp_path):
    options = settings.STORAGES["default"]["OPTIONS"] | {"location": str(tmp_path / "files")}
    storage = storages.create_storage(settings.STORAGES["default"] | {"OPTIONS": options})
    storage.save("reports/7/2026-10_r1_1.xlsx", ContentFile(b"x"))
    assert modes(tmp_path / "files") == {
        "files": "750", "reports": "750", "7": "750", "2026-10_r1_1.xlsx": "640"
    }  # fmt: skip
