"""A ledger that cannot be opened is told in one sentence, by every command and by the doctor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.software.conftest import refused, run

from chainring.store.schema import connect

AWAY = "postgresql://ann:geheim@127.0.0.1:1/shop"


def with_ledger(folder: Path, url: str) -> Path:
    """Make a new project whose ledger is said to be elsewhere."""
    run("init", str(folder))
    recipe = folder / "chainring.toml"
    recipe.write_text(f'{recipe.read_text()}[store]\nledger = "{url}"\n')
    return folder


def test_a_server_that_is_away_is_named_without_the_password(tmp_path: Path) -> None:
    shop = str(with_ledger(tmp_path / "shop", AWAY))
    said = refused("status", "-p", shop)
    assert said.startswith("the ledger postgresql://ann:***@127.0.0.1:1/shop cannot be opened (")
    assert "geheim" not in said
    assert "is its server up" in said
    told = run("doctor", "-p", shop)
    assert "does not answer" in told
    assert "geheim" not in told
    assert "账本" in run("doctor", "-p", shop, "--language", "zh")


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    shop = with_ledger(tmp_path / "shop", "sqlite:///data")  # a folder stands there
    assert "may this account read and write" in refused("status", "-p", str(shop))


@pytest.fixture
def powerless(postgres: str) -> Iterator[str]:
    """Return the url of a role that may make no tables."""
    engine = connect(postgres).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("DROP ROLE IF EXISTS chainring_powerless"))
        connection.execute(sa.text("CREATE ROLE chainring_powerless LOGIN"))
    place = postgres.partition("@")[2]
    try:
        yield f"postgresql://chainring_powerless@{place}"
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text("DROP OWNED BY chainring_powerless"))
            connection.execute(sa.text("DROP ROLE chainring_powerless"))
        engine.dispose()


@pytest.mark.postgres
def test_a_role_that_may_make_no_tables_is_told_what_it_needs(
    powerless: str, tmp_path: Path
) -> None:
    shop = with_ledger(tmp_path / "shop", powerless)
    assert "createdb --owner ROLE DATABASE" in refused("status", "-p", str(shop))


@pytest.mark.postgres
def test_the_doctor_says_that_a_ledger_answers(postgres: str, tmp_path: Path) -> None:
    shop = with_ledger(tmp_path / "shop", postgres)
    assert "it is empty yet" in run("doctor", "-p", str(shop))
    refused("predict", "x", "-p", str(shop))
    assert "it answers, version" in run("doctor", "-p", str(shop))
