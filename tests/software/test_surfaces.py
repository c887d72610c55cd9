"""The table of surfaces, held against the code on every side."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest
import typer
from tests.deployment.http.demo import DemoVerbs
from tests.software.conftest import ALONE

import chainring
from chainring.contracts.roles import VERB_ROLES
from chainring.deployment.http.app import create_app
from chainring.deployment.http.pages.table import PAGES
from chainring.deployment.http.routes import ROUTES
from chainring.deployment.settings import DeploymentSettings
from chainring.software.api import Project
from chainring.software.cli import app
from chainring.software.client import AsyncClient, Client
from chainring.software.surfaces import SURFACES

OWN_MACHINE = {"open", "close", "app", "champion", "understood", "stored", "articles"}
"""Of `Project`: opening and closing, and what other surfaces build their answers from."""

BESIDE = {"due": "watch", "labels": "predict", "decide": "review", "close_case": "cases",
          "revoke_key": "keys", "rotate_key": "keys"}  # fmt: skip
"""Further methods of a verb."""

ALWAYS_OPEN = {"GET /health/live", "GET /health/ready"}
MACHINES = {"GET /metrics": "operate", "GET /v1/labels": "ask", "GET /v1/cases/{id}": "ask",
            "GET /v1/models": "ask", "GET /v1/models/{id}": "ask", "POST /v1/embeddings": "ask",
            "POST /v1/chat/completions": "ask"}  # fmt: skip
"""Routes that belong to no verb of people: a page's help, measures, one's own case."""


def public_methods() -> set[str]:
    return {name for name, _ in inspect.getmembers(Project) if not name.startswith("_")}


def has_method(path: str) -> bool:
    """Whether `Project` has the method, also one of a group: `data.clean`."""
    found: object = Project
    for name in path.split("."):
        found = getattr(found, name, None)
    return found is not None


def commands() -> set[str]:
    """The commands; those of a group are written `data clean`."""
    found = set()
    for name, command in typer.main.get_group(app).commands.items():
        inner = getattr(command, "commands", None)
        found |= {name} if inner is None else {f"{name} {one}" for one in inner}
    return found


def test_every_verb_has_its_method_and_every_public_method_its_verb() -> None:
    listed = {one.api for one in SURFACES if one.api}
    assert [path for path in listed if not has_method(path)] == []
    listed = {path.partition(".")[0] for path in listed}
    known = listed | set(BESIDE) | {"keys"} | OWN_MACHINE
    assert public_methods() == known


def test_every_verb_has_its_command_and_every_command_its_verb() -> None:
    assert commands() == {one.command for one in SURFACES}


def test_a_command_is_named_for_its_verb() -> None:
    assert [one.verb for one in SURFACES if one.command != one.verb] == []


def test_every_route_stands_in_the_table_and_in_the_application() -> None:
    listed = {route for one in SURFACES for route in one.routes}
    table = {f"{route.method} {route.path}" for route in ROUTES}
    assert listed <= table
    assert table - listed == ALWAYS_OPEN | set(MACHINES)
    made = create_app(DemoVerbs(), settings=DeploymentSettings())
    there = {
        f"{method} {route.path}"  # type: ignore[attr-defined]
        for route in made.routes
        for method in route.methods - {"HEAD"}  # type: ignore[attr-defined]
    }
    pages = {f"{page.method} {page.path}" for page in PAGES}
    assert there - table - pages == {"GET /openapi.json"}
    assert table <= there


@pytest.mark.parametrize("surface", SURFACES, ids=lambda one: one.verb)
def test_the_role_of_a_verb_is_what_access_asks(surface: object) -> None:
    one = next(found for found in SURFACES if found is surface)
    assert ("ask" in VERB_ROLES[one.verb]) is (one.role == "ask")
    assert ("operate" in VERB_ROLES[one.verb]) is (one.role != "admin")
    assert "admin" in VERB_ROLES[one.verb]
    verbs = {f"{route.method} {route.path}": route.verb for route in ROUTES}
    for route in one.routes:
        asked = verbs[route]
        assert asked is not None
        assert ("ask" in VERB_ROLES[asked]) is (one.role == "ask")


def test_routes_beside_the_verbs_ask_the_roles_they_should() -> None:
    verbs = {f"{route.method} {route.path}": route.verb for route in ROUTES}
    assert {route for route, verb in verbs.items() if verb is None} == ALWAYS_OPEN
    for route, role in MACHINES.items():
        asked = verbs[route]
        assert asked is not None
        assert ("ask" in VERB_ROLES[asked]) is (role == "ask")


def test_over_http_an_asker_reaches_four_verbs_alone() -> None:
    open_to_all = {one.verb for one in SURFACES if one.routes and one.role == "ask"}
    assert open_to_all == {"predict", "react", "why", "status"}


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_a_client_has_a_method_for_each_verb_that_an_asker_reaches(client: type) -> None:
    open_to_all = {one.verb for one in SURFACES if one.routes and one.role == "ask"}
    beside = {"close", "predict_many", "stream", "embed", "models", "labels"}
    methods = {name for name, _ in inspect.getmembers(client, callable) if not name.startswith("_")}
    assert methods == open_to_all | beside


def test_the_public_names_are_these() -> None:
    assert sorted(chainring.__all__) == ["AsyncClient", "Client", "Retry", "__version__", "open"]


def test_the_import_loads_no_heavy_library() -> None:
    heavy = ["torch", "transformers", "sklearn", "sqlalchemy", "pydantic", "numpy", "typer",
             "pyarrow", "alembic", "fastapi", "onnxruntime", "openvino"]  # fmt: skip
    code = f"import sys, chainring; print([name for name in {heavy} if name in sys.modules])"
    assert _printed(code) == "[]"


def test_help_loads_no_database_and_no_model_library() -> None:
    heavy = ["torch", "sqlalchemy", "pydantic", "numpy", "sklearn", "pyarrow", "fastapi"]
    code = (
        "import sys\nfrom chainring.software import cli\nsys.argv = ['chainring', '--help']\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    assert _printed(code).splitlines()[-1] == "[]"


def test_an_unchanged_turn_loads_no_model_library(turned: object) -> None:
    heavy = ["torch", "transformers", "sklearn", "onnxruntime", "openvino", "fastapi", "uvicorn"]
    code = (
        f"import sys, chainring\nproject = chainring.open({str(turned)!r})\n"
        "print(project.turn().outcome)\nproject.close()\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    assert _printed(code).splitlines()[-2:] == ["nothing changed", "[]"]


def _printed(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env=ALONE, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
