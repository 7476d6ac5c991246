"""Back up the state of a workshop to one file, and restore it into an empty state folder."""

import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flows.workshop import LEDGER_FILE, Workshop
from headwater.backup.archive import already_there, pack, unwritable
from headwater.backup.manifest import Manifest
from headwater.backup.putting import Restored, restore
from headwater.backup.taking import take
from headwater.errors import ConfigError
from headwater.ledger.holder import this_process
from headwater.settings import Settings

SCRATCH = ".headwater-backup-"
ABANDONED_SECONDS = 86_400.0
SUFFIX = ".headwater.tar.gz"


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup; `held` is for how many seconds nothing could be published."""

    file: Path
    bytes: int
    held: float
    manifest: Manifest


def back_up(workshop: Workshop, target: Path) -> Backup:
    """Write a backup to `target`, a new file, or a folder in which it gets a name by epoch and time."""
    refuse_servers(workshop.settings)
    if not (workshop.settings.home / LEDGER_FILE).is_file():
        raise ConfigError(
            f"there is no state in {workshop.settings.home}", advice="Ingest something first, or name it with --home."
        )
    try:
        if not target.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                raise already_there(target)
        folder = target if target.is_dir() else target.parent
        _tidy(folder)
        scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=folder))
    except OSError as error:
        raise unwritable(target, error) from error
    try:
        began = time.monotonic()
        manifest = take(
            workshop.ledger,
            workshop.settings.home / LEDGER_FILE,
            workshop.existing_index,
            workshop.holder,
            scratch,
        )
        held = time.monotonic() - began
        file = folder / _name(manifest) if folder == target else target
        return Backup(file, pack(scratch, manifest, file), held, manifest)
    except OSError as error:
        raise unwritable(target, error) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def restore_backup(settings: Settings, source: Path, *, newer: Path | None = None) -> Restored:
    """Fill the settings' empty state folder; `newer` is a state folder, or the file of a ledger."""
    refuse_servers(settings)
    file = newer / LEDGER_FILE if newer is not None and newer.is_dir() else newer
    return restore(source, settings.home, this_process("headwater restore"), newer=file)


def refuse_servers(settings: Settings) -> None:
    """ConfigError where the state is kept by servers, which have backups of their own."""
    servers = [
        name for name, one in (("index.url", settings.index), ("ledger.url", settings.ledger)) if one.url.reveal()
    ]
    if servers:
        raise ConfigError(
            f"the state is not kept in {settings.home} alone: {' and '.join(servers)} name servers",
            advice="Stop every writer, take a snapshot of the Qdrant collection and a pg_dump, start them again; "
            "restore both together. See docs/backup.md.",
        )


def _tidy(folder: Path) -> None:
    """What backups that were killed left behind."""
    for left in folder.glob(f"{SCRATCH}*"):
        with suppress(FileNotFoundError):  # another one that just ended
            if time.time() - left.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def _name(manifest: Manifest) -> str:
    moment = manifest.made_at[:19].replace(":", "").replace("-", "")
    return f"epoch-{manifest.epoch}-{moment}Z{SUFFIX}"
