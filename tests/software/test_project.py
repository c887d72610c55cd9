"""Projects that are made in folders of any name, and what stands in the way of one."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.litter import littered
from tests.software.conftest import copy, opened, refused, run

from chainring.contracts.errors import ConflictError, InputError
from chainring.software.api import Project
from chainring.software.project_key import KIND, Fingerprint
from chainring.store.schema import facts


@pytest.mark.parametrize(
    ("folder", "name"), [("客服", "project"), ("2024-shop", "shop"), ("2024", "project")]
)
def test_a_folder_of_any_name_becomes_a_project(tmp_path: Path, folder: str, name: str) -> None:
    run("init", str(tmp_path / folder))
    with opened(tmp_path / folder) as project:
        assert project.app == name
    said = "a name of your own" in (tmp_path / folder / "chainring.toml").read_text()
    assert said == (name == "project")


def test_steps_are_told_the_projects_folder_wherever_the_command_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("init", "shop")
    with opened(Path("shop")) as project:
        assert project.ring.runner.home == tmp_path / "shop"


def test_a_file_is_no_folder_to_begin_in(tmp_path: Path) -> None:
    mails = tmp_path / "mails.csv"
    mails.write_text("text,label\n")
    assert refused("init", str(mails)).startswith(f"{mails} is a file; name a new folder")
    assert refused("init", str(mails / "shop")).startswith(f"{mails} is a file; name a new folder")


def test_what_a_project_keeps_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Texts are in it: by default another account of the machine may read what a program makes."""
    run("init", str(tmp_path / "shop"))
    with opened(tmp_path / "shop") as project:
        project.backup(tmp_path / "shop.tar.gz")
    run("restore", str(tmp_path / "shop.tar.gz"), str(tmp_path / "restored"))
    for name in ("shop", "restored"):
        assert stat.S_IMODE((tmp_path / name / ".chainring").stat().st_mode) == 0o700, name


def test_a_folder_that_was_opened_to_others_stays_so(tmp_path: Path) -> None:
    run("init", str(tmp_path))
    (tmp_path / ".chainring").mkdir()
    (tmp_path / ".chainring").chmod(0o750)
    with opened(tmp_path):
        assert stat.S_IMODE((tmp_path / ".chainring").stat().st_mode) == 0o750


def test_a_ledger_is_opened_with_the_key_that_it_was_made_with_alone(
    turned: Path, tmp_path: Path
) -> None:
    shop = copy(turned, tmp_path / "shop")
    with opened(shop):
        pass
    (shop / ".chainring" / "key").write_text("ab" * 32)
    with pytest.raises(InputError, match=r"another key.*copy .chainring/key"), opened(shop):
        pass


@pytest.fixture
def two(untouched: Path, tmp_path: Path) -> Iterator[tuple[Project, Project]]:
    """Yield two machines of one new ledger, each with a key of its own, opened before a turn."""
    folders = [copy(untouched, tmp_path / name) for name in ("a", "b")]
    for folder in folders:
        recipe = folder / "chainring.toml"
        ledger = f'[store]\nledger = "sqlite:///{tmp_path}/shared.db"\n'
        recipe.write_text(f"{recipe.read_text()}\n{ledger}")
    (folders[1] / ".chainring" / "key").write_text("ab" * 32)
    with opened(folders[0]) as first, opened(folders[1]) as second:
        yield first, second


def test_who_was_open_before_the_ledger_had_a_key_neither_turns_nor_answers_with_another(
    two: tuple[Project, Project],
) -> None:
    first, second = two
    assert first.turn().outcome == "promoted"
    for act in (second.turn, lambda: second.predict(["where is my parcel"])):
        with pytest.raises(InputError, match=r"another key.*copy .chainring/key"):
            act()
    assert first.predict(["where is my parcel"])


def test_of_two_first_turns_one_key_is_written(two: tuple[Project, Project]) -> None:
    first, second = two
    with first.ring.ledger.lease("turn"), pytest.raises(ConflictError):
        second.turn()
    assert first.ring.ledger.fact(KIND, "fingerprint", Fingerprint) is None
    assert first.turn().outcome == "promoted"


def test_a_project_from_before_keys_were_written_down_goes_on_with_the_one_it_has(
    turned: Path, tmp_path: Path
) -> None:
    shop = copy(turned, tmp_path / "shop")
    with opened(shop) as project, project.ring.ledger.engine.begin() as connection:
        connection.execute(facts.delete().where(facts.c.kind == KIND))
    with opened(shop) as project:
        assert project.ring.ledger.fact(KIND, "fingerprint", Fingerprint) is not None


@pytest.mark.parametrize("is_known", [True, False])
def test_a_machine_without_a_key_makes_none_for_a_ledger_that_has_a_champion(
    turned: Path, tmp_path: Path, *, is_known: bool
) -> None:
    """Else the key it made just now would be the ledger's, and the true one refused."""
    shop = copy(turned, tmp_path / "shop")
    if not is_known:
        with opened(shop) as project, project.ring.ledger.engine.begin() as connection:
            connection.execute(facts.delete().where(facts.c.kind == KIND))
    key = shop / ".chainring" / "key"
    true = key.read_bytes()
    key.unlink()
    said = refused("keys", "-p", str(shop))
    assert said.startswith("the ledger of 'support' was made with a key that is not here: copy")
    assert not key.exists()
    key.write_bytes(true)
    with opened(shop) as project:
        assert project.ring.ledger.fact(KIND, "fingerprint", Fingerprint) is not None


@pytest.mark.parametrize("verb", [("status",), ("gc", "--min-age-hours", "0"), ("turn",)])
def test_a_project_whose_ledger_was_lost_is_refused_and_nothing_of_it_goes(
    turned: Path, tmp_path: Path, verb: Sequence[str]
) -> None:
    """An empty ledger names no tree, knows no key and nobody who was forgotten."""
    shop = copy(turned, tmp_path / "shop")
    store = shop / ".chainring" / "store"
    before = sorted(path for path in store.rglob("*") if path.is_file())
    for path in (shop / ".chainring").glob("ledger.db*"):
        path.unlink()
    said = refused(*verb, "-p", str(shop))
    assert said.startswith(f"the ledger sqlite:///{shop}/.chainring/ledger.db knows nothing of")
    assert "`chainring restore`" in said
    assert sorted(path for path in store.rglob("*") if path.is_file()) == before


def test_who_wants_no_ledger_back_may_begin_anew(turned: Path, tmp_path: Path) -> None:
    shop = copy(turned, tmp_path / "shop")
    for path in (shop / ".chainring").glob("ledger.db*"):
        path.unlink()
    said = refused("status", "-p", str(shop))
    (shop / ".chainring" / "fingerprint").unlink()
    assert said.endswith(f"remove {shop}/.chainring/fingerprint")
    assert "no model serves yet" in run("status", "-p", str(shop))


def test_a_project_of_an_earlier_version_remembers_its_ledger_once_it_was_opened(
    turned: Path, tmp_path: Path
) -> None:
    shop = copy(turned, tmp_path / "shop")
    (shop / ".chainring" / "fingerprint").unlink()
    run("status", "-p", str(shop))
    assert (shop / ".chainring" / "fingerprint").is_file()


def test_a_ledger_beside_the_recipe_is_found_wherever_the_command_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init", str(tmp_path / "shop"))
    recipe = tmp_path / "shop" / "chainring.toml"
    recipe.write_text(recipe.read_text() + '[store]\nledger = "sqlite:///ledger.db"\n')
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for place in (str(tmp_path / "shop"), "../shop"):
        with opened(Path(place)) as project:
            assert project.ring.ledger.engine.url.database == str(tmp_path / "shop" / "ledger.db")
    assert list(Path().iterdir()) == []


def test_a_ledger_that_lies_where_the_command_was_started_is_not_begun_anew_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = tmp_path / "shop"
    run("init", str(shop))
    recipe = shop / "chainring.toml"
    recipe.write_text(recipe.read_text() + '[store]\nledger = "sqlite:///ledger.db"\n')
    (tmp_path / "ledger.db").touch()
    monkeypatch.chdir(tmp_path)
    said = refused("status", "-p", "shop")
    assert said.startswith(
        f"the ledger {tmp_path / 'ledger.db'} lies where the command was started"
    )
    assert not (shop / "ledger.db").exists()
    (tmp_path / "ledger.db").rename(shop / "ledger.db")
    for place in (tmp_path, shop):
        monkeypatch.chdir(place)
        with opened(shop) as project:
            assert project.ring.ledger.engine.url.database == str(shop / "ledger.db")


def test_a_ledger_in_memory_is_no_file(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    run("init", str(shop))
    recipe = shop / "chainring.toml"
    recipe.write_text(recipe.read_text() + '[store]\nledger = "sqlite:///:memory:"\n')
    with opened(shop) as project:
        assert project.ring.ledger.engine.url.database == ":memory:"
    assert not list(shop.glob("*memory*"))


def test_a_turn_with_litter_in_every_folder_learns_the_same(shop: Path) -> None:
    """A project on a Mac's exFAT disk, or one that was looked at on Windows."""
    littered(shop / "data")
    littered(shop / ".chainring" / "store")
    with opened(shop) as project:
        assert project.turn().outcome == "nothing changed"
        project.gc(min_age_s=0)
        assert project.predict(["where is my parcel"])
