"""What `import chainring` gives, and what it leaves alone."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import chainring

HEAVY = {
    "torch", "transformers", "sklearn", "numpy", "pyarrow", "pydantic", "sqlalchemy", "alembic",
    "fastapi", "uvicorn", "onnxruntime", "openvino", "typer", "rich", "fsspec", "scipy", "pandas",
}  # fmt: skip


def loaded_after(program: str) -> set[str]:
    """Return the top names of all modules in a new process after it ran the program."""
    tail = "\nimport json, sys; print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", program + tail], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_chainring_loads_nothing_heavy() -> None:
    assert not HEAVY & loaded_after("import chainring")


@pytest.mark.parametrize(
    "room",
    ["contracts.codec", "contracts.parts", "contracts.checks", "store.ledger", "store.writer"],
)
def test_the_lower_floors_load_no_training_library(room: str) -> None:
    found = loaded_after(f"import chainring.{room}")
    assert not found & {"torch", "transformers", "sklearn", "onnxruntime", "openvino", "pyarrow"}
    if room.startswith("contracts"):
        assert not found & HEAVY


OF_TORCH = {"encoder_module", "span_module", "writer"}
"""The modules of the serving room that are torch; the others import them when called."""


def test_the_serving_room_knows_no_training_library_but_where_it_is_torch() -> None:
    program = (
        "import importlib, pkgutil, chainring.deployment as room\n"
        "for found in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        f"    if found.name.rpartition('.')[2] not in {OF_TORCH}:\n"
        "        importlib.import_module(found.name)\n"
        "import chainring.software.serving.service"
    )
    assert not loaded_after(program) & {"torch", "transformers", "sklearn"}


def test_the_ring_is_read_without_a_training_library() -> None:
    found = loaded_after("import chainring.ring.turn, chainring.ring.due, chainring.ring.why")
    assert not found & {"torch", "transformers", "sklearn", "onnxruntime", "openvino", "pyarrow"}


def test_a_turn_with_nothing_to_do_loads_no_features_and_no_worker_processes() -> None:
    program = (
        "import sys, chainring.software.api, chainring.software.telling.results\n"
        "from chainring.hardware.executors import executor\n"
        "from chainring.hardware.settings import HardwareSettings\n"
        "assert list(executor(HardwareSettings()).map(len, ['a', 'bc'])) == [1, 2]\n"
        "unwanted = {'chainring.text.ngrams', 'multiprocessing', 'concurrent.futures.process'}\n"
        "assert not unwanted & set(sys.modules), unwanted & set(sys.modules)"
    )
    loaded_after(program)


def test_importing_chainring_changes_nothing() -> None:
    program = (
        "import logging, os, warnings\n"
        "before = dict(os.environ), list(warnings.filters), list(logging.getLogger().handlers)\n"
        "import chainring\n"
        "after = dict(os.environ), list(warnings.filters), list(logging.getLogger().handlers)\n"
        "assert before == after"
    )
    loaded_after(program)


def test_the_public_names_are_these() -> None:
    assert chainring.__all__ == ["AsyncClient", "Client", "Retry", "__version__", "open"]
    public = {
        name
        for name, value in vars(chainring).items()
        if not name.startswith("_") and not isinstance(value, type(sys))
    }
    assert public - {"annotations", "Any", "TYPE_CHECKING"} == {"open"}


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert chainring.__version__ == version("chainring")
