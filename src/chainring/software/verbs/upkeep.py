"""Upkeep: a project into an archive, and away with what nothing names any more.

backup(project, Path("shop.tar.gz"))       # {'rows': 5210, 'trees': 24, ...}
gc(project, min_age_s=3600)                # {'trees': 3, 'blobs': 9, 'texts': 120, ...}
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

from chainring.contracts.codec import digest
from chainring.contracts.errors import ConflictError, DamagedError, InputError
from chainring.ring.built import current
from chainring.ring.lease import held
from chainring.ring.recipe import FILE, load_recipe
from chainring.software.package import origin
from chainring.software.project import HARVESTS, HIDDEN, require_folder
from chainring.software.project_key import former_names
from chainring.software.verbs import auditing
from chainring.store.files import sweep_halves, sync_folder, write_durably

if TYPE_CHECKING:
    from chainring.software.api import Project

_RESTORING = ".restoring"
"""Where an archive is unpacked: what a killed restore leaves is no project."""
_UNPACKED = ".unpacked"
"""Says of which archive it is, once all of it is there."""


def backup(project: Project, path: Path) -> dict[str, int]:
    """Write everything but the text folder itself into one archive; see `Project.backup`."""
    from chainring.software.verbs.receipts import backups, noted
    from chainring.store import backup as archives

    auditing.require_whole_export(project, "backup")
    packaged, articles = project.folder / origin.FILE, project.ring.recipe.deployment.articles
    is_package = packaged.is_file()  # its articles are in it, and nowhere else on this machine
    load_recipe(project.folder)  # as it stands in the file: a later restore opens with that
    sweep_halves(map(Path, backups(project)))
    with noted(project, path):
        return archives.backup(
            path,
            ledger=project.ring.ledger,
            traffic=project.ring.traffic,
            trees=project.ring.runner.trees,
            files=[
                project.folder / FILE,
                project.folder / HIDDEN / "key",
                *([packaged] if is_package else []),
            ],
            harvests=project.folder / HIDDEN / HARVESTS,
            articles=project.folder / articles if is_package and articles is not None else None,
        )


def restore(
    archive: Path, folder: Path, opened: Callable[[Path], Project], *, ledger: str | None
) -> Project:
    """Make a project in a new folder from an archive; see `Project.restore`."""
    from chainring.software.verbs.recipe_ledger import with_ledger
    from chainring.store import backup as archives

    require_folder(folder)
    is_new = not folder.exists()
    if (folder / FILE).exists():
        raise ConflictError(f"{folder} already holds a project; name a new folder")
    staging = folder / _RESTORING
    if not _is_unpacked(staging, archive, ledger):  # else a kill cut only its renames short
        if (folder / HIDDEN).exists():
            raise ConflictError(f"{folder} holds {HIDDEN} without a recipe; name a new folder")
        shutil.rmtree(staging, ignore_errors=True)  # of a restore that was killed
        try:
            archives.restore_files(archive, folder=staging, hidden=staging / HIDDEN)
            beside = {path.name for path in staging.iterdir()} - {HIDDEN, FILE}
            taken = next((folder / one for one in sorted(beside) if (folder / one).exists()), None)
            if taken is not None:
                raise ConflictError(f"{taken} is already there; name a new folder")
            if ledger is not None:
                recipe = staging / FILE
                told = with_ledger(recipe.read_text("utf-8-sig"), ledger)
                write_durably(recipe, told.encode(), mode=0o600)
            _require_kept(load_recipe(staging).store.ledger)
            with closing(opened(staging)) as staged:
                ring = staged.ring
                archives.restore(
                    archive, ledger=ring.ledger, traffic=ring.traffic, trees=ring.runner.trees
                )
            write_durably(staging / _UNPACKED, _mark(archive, ledger).encode())
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            if is_new:
                with suppress(OSError):
                    folder.rmdir()
            raise
    _put_in_place(staging, folder)
    project = opened(folder)
    auditing.record(project, "restore")
    return project


def lacking_text(project: Project) -> list[str]:
    """Return what the recipe names as text and is not there: no backup holds it.

    A package has none of its own, and beside sources the default folder may be absent.
    """
    data, articles = project.ring.recipe.data, project.ring.recipe.deployment.articles
    has_other = bool(data.sources) or (project.folder / origin.FILE).exists()
    named = [*data.paths] if data.is_path_stated or not has_other else []
    named += [] if articles is None else [str(articles)]
    return [one for one in dict.fromkeys(named) if not _is_there(one, project.folder)]


def _is_there(named: str, folder: Path) -> bool:
    """Whether a name or pattern finds anything, as it is read: what is called so comes first."""
    return (folder / named).exists() or bool(glob(named, root_dir=folder, recursive=True))


def _put_in_place(staging: Path, folder: Path) -> None:
    """Rename what was unpacked into its place; may be done again after a kill."""
    names = {path.name for path in staging.iterdir()} - {_UNPACKED, FILE}
    for name in (*sorted(names), FILE):  # the recipe last: it makes a folder a project
        (staging / name).rename(folder / name)
        sync_folder(folder)
    shutil.rmtree(staging, ignore_errors=True)


def _is_unpacked(staging: Path, archive: Path, ledger: str | None) -> bool:
    """Whether all of this archive lies there, its rows in this ledger."""
    told = staging / _UNPACKED
    return told.is_file() and archive.is_file() and told.read_text() == _mark(archive, ledger)


def _mark(archive: Path, ledger: str | None) -> str:
    """Return what tells a restore from one of another archive, or into another ledger."""
    found = archive.stat()
    return digest([found.st_size, found.st_mtime_ns, ledger])


def _require_kept(ledger: str) -> None:
    """Refuse a ledger in a file beside the recipe: it would stay where the archive is unpacked."""
    if ledger.startswith("sqlite:///") and not ledger.startswith("sqlite:////"):
        raise InputError(
            f"the recipe in the archive names a ledger beside it, {ledger}; say where it shall be "
            "with --ledger ('' is SQLite in the new folder)"
        )


def require_unaltered(project: Project) -> None:
    """Say which trees a backup made here has not, since their files are not as they were stored.

    Raises
    ------
    DamagedError
        When there are any; it names each file, and how it is put back.
    """
    from chainring.store.backup_trees import altered

    found = {str(error) for error in altered(project.ring.ledger, project.ring.runner.trees)}
    if found:
        lines = "\n".join(f"  - {one}" for one in sorted(found))
        raise DamagedError(f"the archive is without what was altered here:\n{lines}")


def require_whole(project: Project) -> None:
    """Say what neither a backup made here nor a project restored here has.

    A SQLite ledger travels whole; what another project that shares it made lies in its own folder.
    Of a package only the champion's form is asked for: the rest stays where it was packaged.

    Raises
    ------
    DamagedError
        When the lineage names trees that lie neither here nor in the remote.
    """
    from chainring.store.backup_trees import lineage_of

    ring = project.ring
    named = lineage_of(ring.ledger, {ring.app, *former_names(ring.ledger, project.secret)})
    if origin.brought(project.folder) is not None:
        _, served = current(ring)
        named = set() if served is None else {served.form}
    missing = len(named - ring.runner.trees.closure(named))
    if missing:
        raise DamagedError(
            f"{missing} of the {len(named)} trees that the ledger names lie neither in "
            f"{ring.runner.trees.root} nor in a remote, so the archive is without them. Back up on "
            "the machine that made them, or let both name one `[store] remote`"
        )


def gc(project: Project, *, min_age_s: float) -> dict[str, int]:
    """Remove what nothing names and texts whose time is over; see `Project.gc`."""
    from chainring.software.verbs.harvests import catch_up
    from chainring.software.verbs.receipts import backups
    from chainring.store.gc import collect

    sweep_halves(map(Path, backups(project)))
    ring, expired = project.ring, expire(project)
    expired["rows"] += catch_up(project)
    removed = dict[str, int]()
    try:
        removed = collect(
            ledger=ring.ledger,
            trees=ring.runner.trees,
            scratch=ring.runner.scratch,
            min_age_s=min_age_s,
            harvests=project.folder / HIDDEN / HARVESTS,
            sources=[one.name for one in ring.recipe.data.sources],
            formerly=former_names(ring.ledger, project.secret),
            held=held,
        )
    finally:  # texts were erased, whatever came of the trees
        because = f"{removed.get('trees', 0)} trees and {expired['texts']} texts"
        auditing.record(project, "gc", because=because)
    return removed | expired


def expire(project: Project) -> dict[str, int]:
    """Erase the texts whose time is over, and leave no copy of them in the log's own files.

    Raises
    ------
    ConflictError
        When a turn is at work, or a database is in use.
    """
    from chainring.software.verbs.forgetting import forget_expired
    from chainring.store.erase import scour

    expired = forget_expired(project)
    if expired["texts"]:
        scour(project.ring.traffic)
    return expired
