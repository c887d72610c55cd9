"""Shared fixtures: acceptance data, PostgreSQL, and a ledger and a traffic log on both."""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from chainring.store import migrations
from chainring.store.ledger import Ledger
from chainring.store.schema import connect
from chainring.store.traffic import Traffic

# As the product sets it: threads of OpenMP that wait for others spin otherwise, against the tests
# of the other processes. Torch reads it when it is loaded, which no import above does.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# The machine that runs a property may be busy: nothing is judged by how long it took.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

BOTH = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres),
]


REQUIRED = ("postgres", "browser", "openai", "gpu")
"""Marks whose tests may not be skipped where `CHAINRING_REQUIRE_<MARK>` is 1."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test that is required here into a failure."""
    del call
    report = yield
    for name in REQUIRED:
        if report.skipped and item.get_closest_marker(name) is not None:
            _require(report, name)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Do so for a module that skips as a whole because a required package is not there."""
    report = yield
    for name in REQUIRED:
        if report.skipped and f"'{name}'" in str(report.longrepr):
            _require(report, name)
    return report


def _require(report: pytest.TestReport | pytest.CollectReport, name: str) -> None:
    variable = f"CHAINRING_REQUIRE_{name.upper()}"
    if os.environ.get(variable) == "1":
        report.outcome = "failed"
        report.longrepr = f"{variable}=1, but it was skipped: {report.longrepr}"


def skip_or_fail(reason: str, *, required: str) -> None:
    """Skip with the reason, or fail where the environment says that this must not be skipped."""
    if os.environ.get(required) == "1":
        pytest.fail(f"{reason}, and {required}=1")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of the acceptance data sets beside the repository."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the acceptance data sets are not at {folder}")
    return folder


@pytest.fixture(autouse=True)
def _gpu(request: pytest.FixtureRequest) -> None:
    """Skip what needs a GPU where there is none."""
    if request.node.get_closest_marker("gpu") is None:
        return
    import torch

    if not torch.cuda.is_available():
        skip_or_fail("torch finds no NVIDIA GPU here", required="CHAINRING_REQUIRE_GPU")


@pytest.fixture
def postgres() -> Iterator[str]:
    """Yield the url of a new, empty database, dropped at the end."""
    server = os.environ.get("CHAINRING_TEST_POSTGRES", "")
    if not server:
        skip_or_fail(
            "CHAINRING_TEST_POSTGRES names no server", required="CHAINRING_REQUIRE_POSTGRES"
        )
    name = f"test_{secrets.token_hex(6)}"
    engine = connect(server).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield f"{server.rpartition('/')[0]}/{name}"
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


@pytest.fixture(params=BOTH)
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the url of a ledger that is not made yet, in SQLite and in PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """Yield an empty ledger of the application `shop`."""
    found = Ledger(ledger_url, app="shop")
    migrations.ready(found.engine)
    yield found
    found.close()


@pytest.fixture
def traffic_place(ledger_url: str, tmp_path: Path) -> Path | str:
    """Return where traffic lies: a folder of months, or the ledger's own PostgreSQL."""
    return ledger_url if ledger_url.startswith("postgresql") else tmp_path / "traffic"


@pytest.fixture
def traffic(traffic_place: Path | str) -> Iterator[Traffic]:
    """Yield an empty traffic log of the application `shop`."""
    found = Traffic(traffic_place, app="shop")
    yield found
    found.close()
