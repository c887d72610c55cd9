from __future__ import annotations

import pickle

import pytest

from chainring.contracts import errors
from chainring.contracts.errors import (
    BusyError,
    ChainringError,
    ConflictError,
    DamagedError,
    InputError,
    LockedError,
    MissingPackageError,
    NotAllowedError,
    ProjectNotFoundError,
    RecipeError,
    RefusedError,
    SpaceError,
    UnknownNameError,
    UnreachableError,
    UnwrittenError,
    did_you_mean,
)

EXAMPLES: list[tuple[ChainringError, type[Exception]]] = [
    (InputError("bad", faults=["a", "b"]), ValueError),
    (RecipeError("bad", faults=["a"]), ValueError),
    (ProjectNotFoundError("none"), ValueError),
    (UnknownNameError("candidate", "linaer.v1", ["linear.v1"]), KeyError),
    (DamagedError("altered"), OSError),
    (ConflictError("second"), RuntimeError),
    (BusyError("full", retry_after_s=3.0), RuntimeError),
    (UnwrittenError("away", retry_after_s=5.0), RuntimeError),
    (LockedError("locked", retry_after_s=5.0), RuntimeError),
    (NotAllowedError("ask"), PermissionError),
    (SpaceError("full"), OSError),
    (UnreachableError("no answer"), ConnectionError),
    (RefusedError("parity"), RuntimeError),
    (MissingPackageError("psycopg", extra="postgres", needed_for="a ledger"), ImportError),
]


@pytest.mark.parametrize(("error", "builtin"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_an_error_is_caught_by_the_builtin_that_a_caller_would_catch(
    error: ChainringError, builtin: type[Exception]
) -> None:
    assert isinstance(error, ChainringError)
    assert isinstance(error, builtin)


@pytest.mark.parametrize("error", [error for error, _ in EXAMPLES], ids=lambda e: type(e).__name__)
def test_an_error_crosses_worker_processes_whole(error: ChainringError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert vars(back) == vars(error)


def test_every_error_of_the_tree_has_an_example_here() -> None:
    known = {
        member
        for member in vars(errors).values()
        if isinstance(member, type) and issubclass(member, ChainringError)
    }
    assert known - {ChainringError} == {type(error) for error, _ in EXAMPLES}


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    assert errors.__doc__ is not None
    for error, builtin in EXAMPLES:
        name = type(error).__name__
        line = next(line for line in errors.__doc__.splitlines() if name in line)
        if builtin is not ValueError:
            assert builtin.__name__ in line


def test_all_faults_are_listed() -> None:
    error = InputError("the recipe has 2 faults", faults=["a: one", "b: two"])
    assert str(error) == "the recipe has 2 faults\n  - a: one\n  - b: two"


def test_a_near_miss_is_offered_and_otherwise_what_is_known() -> None:
    names = ["minhash.v1", "exact.v1"]
    assert str(UnknownNameError("cleaner", "minhsh.v1", names)) == (
        "unknown cleaner 'minhsh.v1'; did you mean 'minhash.v1'?"
    )
    assert did_you_mean("zzz", names) == "; known: exact.v1, minhash.v1"
    assert did_you_mean("zzz", []) == "; none is known"
    assert str(UnknownNameError("prediction", "pred_1", None)) == "unknown prediction 'pred_1'"


def test_a_missing_package_is_named_with_the_command_that_installs_it() -> None:
    error = MissingPackageError("psycopg", extra="postgres", needed_for="a PostgreSQL ledger")
    assert str(error) == (
        "a PostgreSQL ledger needs the package psycopg; install it with: "
        "pip install 'chainring[postgres]'"
    )
