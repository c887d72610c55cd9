"""Upkeep: a restore that was killed leaves no project, and the next one begins anew."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
from tests.software.conftest import ALONE, PATIENCE_S, child, grow, refused, run

from chainring.contracts.errors import (
    ConflictError,
    DamagedError,
    InputError,
    ProjectNotFoundError,
    RecipeError,
)
from chainring.contracts.lineage import Lineage
from chainring.ring.recipe import load_recipe
from chainring.ring.turn import last_turn
from chainring.software.api import Project
from chainring.software.project_key import keep_key
from chainring.software.verbs.recipe_ledger import with_ledger
from chainring.software.verbs.upkeep import require_whole
from chainring.store.ledger import Ledger
from chainring.store.remote import Remote

ASKING = "has", "names", "upload", "download", "remove", "read", "write", "list_erasures"
"""What of a remote asks it at once; `changed` asks it for what a listing named."""
DYING = """\
import os, signal, sys
from chainring.software.api import Project
from chainring.store import backup

load, left = backup._load_table, [int(sys.argv[3])]

def dying(*given):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return load(*given)

backup._load_table = dying
Project.restore(sys.argv[1], sys.argv[2])
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    Project.init(tmp_path / "shop").close()
    project = Project.open(tmp_path / "shop")
    project.backup(tmp_path / "shop.tar.gz")
    project.close()
    return tmp_path / "shop.tar.gz"


@pytest.mark.parametrize("made_before", [False, True])
def test_a_restore_that_is_refused_leaves_no_folder_of_its_own(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made_before: bool
) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise ConflictError("the project to restore into already holds rows (facts)")

    new = tmp_path / "new"
    if made_before:
        new.mkdir()
    monkeypatch.setattr("chainring.store.backup.restore", refuses)
    with pytest.raises(ConflictError, match="already holds rows"):
        Project.restore(archive, new)
    assert new.exists() == made_before
    monkeypatch.undo()
    Project.restore(archive, new).close()


@pytest.mark.parametrize("tables", [1, 3])
def test_what_a_killed_restore_leaves_is_no_project_and_the_next_one_is_whole(
    archive: Path, tmp_path: Path, tables: int
) -> None:
    new = tmp_path / "new"
    command = [sys.executable, "-c", DYING, str(archive), str(new), str(tables)]
    done = subprocess.run(command, env=ALONE, timeout=PATIENCE_S, check=False)
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(ProjectNotFoundError):
        Project.open(new)
    restored = Project.restore(archive, new)
    restored.close()
    assert sorted(os.listdir(new)) == [".chainring", "chainring.toml"]
    Project.open(new).close()


def cut_short(archive: Path, new: Path, moved: int, patch: pytest.MonkeyPatch) -> None:
    """Restore, and stop when so many of what was unpacked are in their place."""
    rename, left = Path.rename, [moved]

    def dying(self: Path, target: Path) -> Path:
        if self.parent.name == ".restoring":
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
        return rename(self, target)

    with patch.context() as place:
        place.setattr(Path, "rename", dying)
        with pytest.raises(KeyboardInterrupt):
            Project.restore(archive, new)


@pytest.mark.parametrize("moved", [0, 1])
def test_a_restore_that_a_kill_stopped_in_its_last_renames_is_ended_by_the_next(
    archive: Path, tmp_path: Path, moved: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = tmp_path / "new"
    cut_short(archive, new, moved, monkeypatch)
    Project.restore(archive, new).close()
    assert sorted(os.listdir(new)) == [".chainring", "chainring.toml"]
    key = Path(".chainring/key")
    assert (new / key).read_bytes() == (tmp_path / "shop" / key).read_bytes()


def test_what_was_unpacked_of_another_archive_is_not_taken_for_this_one(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Project.init(tmp_path / "other")) as other:
        other.backup(tmp_path / "other.tar.gz")
    cut_short(tmp_path / "other.tar.gz", tmp_path / "new", 1, monkeypatch)
    with pytest.raises(ConflictError, match="without a recipe"):
        Project.restore(archive, tmp_path / "new")
    Project.restore(tmp_path / "other.tar.gz", tmp_path / "new").close()


def test_a_project_without_its_recipe_is_not_restored_over(archive: Path, tmp_path: Path) -> None:
    key = tmp_path / "shop" / ".chainring" / "key"
    (tmp_path / "shop" / "chainring.toml").unlink()
    before = key.read_bytes()
    with pytest.raises(ConflictError, match="without a recipe"):
        Project.restore(archive, tmp_path / "shop")
    assert key.read_bytes() == before


def test_a_recipe_that_could_not_be_opened_again_is_not_backed_up(tmp_path: Path) -> None:
    with closing(Project.init(tmp_path / "shop")) as project:
        recipe = tmp_path / "shop" / "chainring.toml"
        with recipe.open("a", encoding="utf-8") as file:
            file.write('\n[project]\nname = "twice"\n')
        with pytest.raises(RecipeError, match="is no TOML"):
            project.backup(tmp_path / "shop.tar.gz")
    assert not (tmp_path / "shop.tar.gz").exists()


@pytest.mark.postgres
def test_a_backup_moves_to_another_ledger_and_back(
    archive: Path, tmp_path: Path, postgres: str
) -> None:
    with closing(Project.restore(archive, tmp_path / "moved", ledger=postgres)) as moved:
        assert moved.ring.ledger.engine.dialect.name == "postgresql"
        moved.backup(tmp_path / "back.tar.gz")
    with closing(Project.restore(tmp_path / "back.tar.gz", tmp_path / "back", ledger="")) as back:
        assert back.ring.ledger.engine.dialect.name == "sqlite"
    assert load_recipe(tmp_path / "moved").store.ledger == postgres


def test_a_ledger_that_is_none_is_told_and_leaves_no_project(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="postgresql://user@host/database"):
        Project.restore(archive, tmp_path / "new", ledger="mysql://db/shop")
    assert not (tmp_path / "new" / "chainring.toml").exists()


@pytest.mark.parametrize(
    "store",
    ["", "[store]\ncache_gib = 9\n", '[store] # here\nledger = ""\n[gate]\nalpha = 0.05\n',
     '[ store ]\ncache_gib = 9\nledger = "sqlite:///a" # old'],
)  # fmt: skip
def test_only_the_line_of_the_ledger_changes_in_a_recipe(store: str) -> None:
    before = f'# ours\n[project]\nname = "shop" # the shop\n\n{store}'
    after = with_ledger(before, "postgresql://db/shop")
    old, new = tomllib.loads(before), tomllib.loads(after)
    assert new.pop("store") == {**old.pop("store", {}), "ledger": "postgresql://db/shop"}
    assert new == old
    assert {line for line in before.splitlines() if "ledger" not in line} <= set(after.splitlines())


def test_a_section_that_cannot_be_changed_is_told() -> None:
    with pytest.raises(InputError, match="by hand"):
        with_ledger('store = {cache_gib = 9}\n[project]\nname = "shop"\n', "postgresql://db/shop")


def test_a_ledger_beside_the_recipe_is_restored_where_it_is_said_to_be(tmp_path: Path) -> None:
    Project.init(tmp_path / "shop").close()
    recipe = tmp_path / "shop" / "chainring.toml"
    recipe.write_text(recipe.read_text() + '[store]\nledger = "sqlite:///ledger.db"\n')
    with closing(Project.open(tmp_path / "shop")) as project:
        project.backup(tmp_path / "shop.tar.gz")
    with pytest.raises(InputError, match="names a ledger beside it"):
        Project.restore(tmp_path / "shop.tar.gz", tmp_path / "new")
    with closing(Project.restore(tmp_path / "shop.tar.gz", tmp_path / "new", ledger="")) as new:
        assert new.ring.ledger.engine.url.database == str(
            tmp_path / "new" / ".chainring" / "ledger.db"
        )


def with_remote(folder: Path, remote: Path) -> None:
    recipe = folder / "chainring.toml"
    recipe.write_text(f'{recipe.read_text()}\n[store]\nremote = "file://{remote}"\n')


def on_another_machine(folder: Path, place: Path) -> Path:
    """Return a project with the same recipe, key and ledger, and with no trees."""
    shutil.copytree(folder, place, ignore=shutil.ignore_patterns("store"))
    return place


def test_a_remote_that_is_named_later_holds_what_serves_after_the_next_turn(
    shop: Path, tmp_path: Path
) -> None:
    with_remote(shop, tmp_path / "remote")
    other = on_another_machine(shop, tmp_path / "other")
    told = refused("predict", "where is my parcel", "-p", str(other))
    assert "nor in the remote; `chainring turn` on the machine that made it" in told
    with closing(Project.open(shop)) as project:
        assert project.turn().outcome == "nothing changed"
        named = project.ring.ledger.trees()
    with closing(Project.open(other)) as project:
        assert len(project.predict(["where is my parcel"])) == 1
        assert project.ring.runner.trees.closure(named) == named


def test_a_remote_that_refuses_is_told_by_the_turn_and_stops_it_not(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_remote(shop, tmp_path / "remote")

    def refusing(_: Remote) -> set[Path]:
        raise PermissionError("AccessDenied: no such key")

    monkeypatch.setattr(Remote, "names", refusing)
    told = run("turn", "-p", str(shop))
    assert "nothing changed" in told
    assert "the remote of [store] does not take" in told
    assert "AccessDenied" in told
    assert "remote 不接收" in run("turn", "-p", str(shop), "--language", "zh")
    with closing(Project.open(shop)) as project:
        kept = last_turn(project.ring.ledger)
        assert kept is not None
        assert (kept.outcome, "AccessDenied" in kept.unmirrored) == ("nothing changed", True)
        project.backup(tmp_path / "shop.tar.gz")
    Project.restore(tmp_path / "shop.tar.gz", tmp_path / "new").close()


def test_a_remote_that_is_away_stops_nothing_of_what_is_here(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_remote(shop, tmp_path / "remote")

    def away(*_: object, **__: object) -> None:
        raise ConnectionError("the endpoint does not answer")

    with monkeypatch.context() as patch:
        for name in ASKING:
            patch.setattr(Remote, name, away)
        for command in ("status", "report", "turn"):
            run(command, "-p", str(shop))
        run("predict", "where is my parcel", "-p", str(shop))
        run("backup", str(tmp_path / "shop.tar.gz"), "-p", str(shop))
        assert "is not reached (ConnectionError" in refused("gc", "-p", str(shop))
        grow(shop)
        with closing(Project.open(shop)) as project:
            assert project.turn().outcome == "promoted"
            named = project.ring.ledger.trees()
    other = on_another_machine(shop, tmp_path / "other")
    assert "nor in the remote" in refused("predict", "where is my parcel", "-p", str(other))
    with closing(Project.open(shop)) as project:
        assert project.turn().outcome == "nothing changed"
    with closing(Project.open(other)) as project:
        assert len(project.predict(["where is my parcel"])) == 1
        assert project.ring.runner.trees.closure(named) == named


def test_a_restored_project_fills_the_remote_that_it_names(shop: Path, tmp_path: Path) -> None:
    with_remote(shop, tmp_path / "remote")
    with closing(Project.open(shop)) as project:
        project.backup(tmp_path / "shop.tar.gz")
    shutil.rmtree(tmp_path / "remote", ignore_errors=True)  # the disk that it was on
    Project.restore(tmp_path / "shop.tar.gz", tmp_path / "new").close()
    other = on_another_machine(tmp_path / "new", tmp_path / "other")
    with closing(Project.open(other)) as project:
        assert len(project.predict(["where is my parcel"])) == 1


@pytest.mark.parametrize(
    ("language", "said"), [("en", "was altered:"), ("zh", "归档中缺少在此处被改动的内容")]
)
def test_a_damaged_model_stops_no_backup_and_is_told_at_the_end(
    shop: Path, tmp_path: Path, language: str, said: str
) -> None:
    with closing(Project.open(shop)) as project:
        form = project.champion().deployment.form
        blob = max(project.ring.runner.trees.manifest(form).files, key=lambda one: one.size)
    name = blob.digest.partition(":")[2]
    place = shop / ".chainring" / "store" / "blobs" / name[:2] / name
    place.chmod(0o644)
    place.write_bytes(place.read_bytes()[:-1])
    done = child("backup", str(tmp_path / "a.tar.gz"), "-p", str(shop), "--language", language)
    assert done.returncode == 1
    assert said in done.stderr
    assert f"blobs/{name[:2]}/{name}" in done.stderr.partition("tar -xzf")[2]
    restored = Project.restore(tmp_path / "a.tar.gz", tmp_path / "new")
    with closing(restored), closing(Project.open(shop)) as project:
        assert restored.ring.ledger.all_lineage() == project.ring.ledger.all_lineage()


DYING_BACKUP = """\
import os, signal, sys, time
from chainring.software import cli
from chainring.store import backup

def dying(*given):
    os.kill(os.getpid(), getattr(signal, sign))
    time.sleep(60)

sign, backup.add_trees = sys.argv.pop(), dying
cli.main()
"""


def killed_backup(project: Path, archive: Path, sign: str) -> int:
    words = ["backup", str(archive), "-p", str(project), sign]
    done = subprocess.run(
        [sys.executable, "-c", DYING_BACKUP, *words], env=ALONE, timeout=PATIENCE_S, check=False
    )
    return done.returncode


def test_a_backup_that_is_terminated_leaves_nothing(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "nightly"
    assert killed_backup(tmp_path / "shop", folder / "1.tar.gz", "SIGTERM") == 130
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("verb", ["backup", "gc"])
def test_what_a_killed_backup_left_goes_with_the_next_one(
    archive: Path, tmp_path: Path, verb: str
) -> None:
    """Of another name: each night has its own. What another process may still write stays."""
    folder = tmp_path / "nightly"
    assert killed_backup(tmp_path / "shop", folder / "1.tar.gz", "SIGKILL") == -signal.SIGKILL
    (half,) = folder.iterdir()
    fresh = folder / half.name.replace(".1.tar.gz.", ".other.tar.gz.")
    others, living = folder / ".bashrc", folder / f".1.tar.gz.{os.getpid()}.7"
    for path in (fresh, others, living):
        path.write_bytes(b"")
    with closing(Project.open(tmp_path / "shop")) as project:
        project.backup(folder / "2.tar.gz")
        assert half.exists(), "another machine may write it"
        for path in folder.iterdir():
            os.utime(path, (1e9, 1e9))
        project.gc() if verb == "gc" else project.backup(folder / "3.tar.gz")
    assert sorted({*folder.glob(".*")}) == sorted({fresh, others, living})


@pytest.mark.parametrize("own", [True, False])
def test_gc_knows_a_ledger_by_the_key_that_it_was_made_with(tmp_path: Path, own: bool) -> None:
    """The project was renamed since, or its ledger is another project's by mistake."""
    Project.init(tmp_path / "shop").close()
    with closing(Project.open(tmp_path / "shop")) as project:
        keep_key(project.ring.ledger, project.secret, tmp_path / "shop" / ".chainring" / "key")
        (tmp_path / "model").mkdir()
        (tmp_path / "model" / "weights").write_text("weights")
        address = project.ring.runner.trees.put(tmp_path / "model", kind="model")
        made = Lineage(
            id="run_1", app=project.app, step="model", key="k", inputs=(), settings="", seed=0,
            placement="", result="{}", result_digest="", trees=(address,),
        )  # fmt: skip
        project.ring.ledger.add_lineage(made)
    if not own:
        (tmp_path / "shop" / ".chainring" / "fingerprint").unlink()
        (tmp_path / "shop" / ".chainring" / "key").write_text("ab" * 32)
    recipe = tmp_path / "shop" / "chainring.toml"
    recipe.write_text(recipe.read_text().replace(f'name = "{made.app}"', 'name = "helpdesk"'))
    with closing(Project.open(tmp_path / "shop")) as project:
        assert project.app == "helpdesk"
        if own:
            project.gc(min_age_s=0)
        else:
            with pytest.raises(ConflictError, match="knows nothing of 'helpdesk'"):
                project.gc(min_age_s=0)
        assert project.ring.runner.trees.has(address)


@pytest.mark.parametrize("own", [True, False])
def test_a_backup_lacks_no_tree_of_a_project_that_shares_the_ledger(
    tmp_path: Path, own: bool
) -> None:
    Project.init(tmp_path / "shop").close()
    with closing(Project.open(tmp_path / "shop")) as project:
        made = Lineage(
            id="run_1", app=project.app if own else "bank", step="model", key="k", inputs=(),
            settings="", seed=0, placement="", result="{}", result_digest="",
            trees=("blake2b:" + 64 * "0",),
        )  # fmt: skip
        other = Ledger(project.ring.ledger.url, app=made.app)
        other.add_lineage(made)
        other.close()
        if own:
            with pytest.raises(DamagedError, match="1 of the 1 trees"):
                require_whole(project)
        else:
            require_whole(project)
