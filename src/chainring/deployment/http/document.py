"""The OpenAPI document, made of the route table and of the model that answers now.

Enters the rows of the table and what the model's card says (task, labels), leaves the document. So
a request is described as the training data of this model was: a task that compares two texts wants
`pair`, a label is one of those that were learnt. Who may not list the models gets the rows alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from functools import cached_property
from typing import Any

from fastapi import FastAPI

from chainring.contracts.tasks import TASKS
from chainring.deployment.http.access import NOBODY, caller_of, require_own_host
from chainring.deployment.http.calls import Call, Route
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.offers import ModelInfo
from chainring.deployment.http.verbs import Verbs

MOST_LABELS = 500


class Document:
    """Makes the document, and makes it again when another model answers."""

    def __init__(self, routes: Sequence[Route], verbs: Verbs, *, version: str) -> None:
        self._routes, self._verbs, self._version = routes, verbs, version
        self._made: tuple[list[ModelInfo], dict[str, Any]] | None = None

    def of(self, call: Call) -> dict[str, Any]:
        """Return the document as this caller may read it.

        Raises
        ------
        HttpError
            Where a key in the header is wrong.
        """
        return self._now() if _may_list_models(call) else self._written

    def _now(self) -> dict[str, Any]:
        models = self._verbs.models()
        if self._made is None or self._made[0] != models:
            document = deepcopy(self._written)
            for model in models[:1]:
                fit(document, model)
            self._made = (models, document)
        return self._made[1]

    @cached_property
    def _written(self) -> dict[str, Any]:
        drawn = FastAPI(title="chainring", version=self._version)
        for route in self._routes:
            drawn.add_api_route(
                route.path,
                _nothing,
                methods=[route.method],
                summary=route.summary,
                name=f"{route.method} {route.path}",
                response_model=None,
                responses=_responses(route),
                status_code=route.status,
                openapi_extra=_extra(route),
            )
        document = drawn.openapi()
        document.setdefault("components", {})["securitySchemes"] = {
            "key": {"type": "http", "scheme": "bearer", "description": "`chainring keys` makes one"}
        }
        return document


async def openapi(call: Call) -> dict[str, Any]:
    """Give the document."""
    document: Document = call.request.app.state.document
    return document.of(call)


DOCUMENT = Route(
    method="GET", path="/openapi.json", verb=None, handler=openapi, summary="OpenAPI", page=True
)


def _may_list_models(call: Call) -> bool:
    caller = call.caller
    if "authorization" in call.request.headers:
        sites = call.house.settings.cors_origins
        caller = caller_of(call.request, call.verbs, call.house.wrong_keys, sites=sites)
    if not caller.key_id:
        try:
            require_own_host(call.request)
        except HttpError:
            return False
    is_held_off = bool(caller.only) and "models" not in caller.only
    return caller != NOBODY and not is_held_off and call.verbs.may(caller, "models")


def request_schema(model: ModelInfo) -> dict[str, Any]:
    """Return what one text of a request is, as JSON Schema, for the task of a model."""
    facts = TASKS[model.task]
    fields: dict[str, Any] = {"text": {"type": "string"}}
    if facts.takes_pair:
        fields["pair"] = {"type": "string", "description": "second text"}
    needed = ["text", *(["pair"] if facts.asks_pair else [])]
    return {"type": "object", "properties": fields, "required": needed}


def answer_schema(model: ModelInfo) -> dict[str, Any]:
    """Return what an answer's value is, as JSON Schema: the form of the rows it was trained on."""
    facts = TASKS[model.task]
    said: dict[str, Any] = {"type": "string", "description": facts.asks}
    if facts.form == "one" and 0 < len(model.labels) <= MOST_LABELS:
        said["enum"] = list(model.labels)
    elif facts.form == "several":
        said["description"] = "labels joined by |, sorted; empty: none"
    elif facts.form == "number":
        said |= {"description": "a decimal number", "pattern": r"^-?\d+(\.\d+)?([eE]-?\d+)?$"}
    elif facts.form == "tags":
        said["description"] = "JSON of places in the text: [[start, end, kind], …]"
    return {"type": "object", "properties": {"label" if facts.says == "label" else "output": said}}


def fit(document: dict[str, Any], model: ModelInfo) -> None:
    """Describe `POST /v1/predict` as this model answers it."""
    facts, wanted = TASKS[model.task], request_schema(model)
    body = _schema(document, "/v1/predict")
    if not facts.takes_pair:
        for name in ("pair", "pairs"):
            body["properties"].pop(name, None)
    body["description"] = f"{model.task}: needs {' and '.join(wanted['required'])}"
    answer = document["components"]["schemas"].get("AnswerShape", {}).get("properties", {})
    for name, said in answer_schema(model)["properties"].items():
        answer[name] = {**answer.get(name, {}), **said}


def _schema(document: dict[str, Any], path: str) -> dict[str, Any]:
    content = document["paths"][path]["post"]["requestBody"]["content"]
    found: dict[str, Any] = content["application/json"]["schema"]
    return found


def _nothing() -> None:
    """Stand for a handler: the document needs none."""


def _responses(route: Route) -> dict[int | str, dict[str, Any]]:
    found: dict[int | str, dict[str, Any]] = {}
    if route.answer is not None:
        found[route.status] = {"model": route.answer}
    if route.answer is None and route.path == "/metrics":
        found[200] = {"content": {"text/plain": {}}}
    refusals = [401, 403, 429, 503] if route.verb is not None else []
    refusals += [400, 408, 413, 422] if route.body is not None else []
    refusals += [404] if "{" in route.path or route.lane else []
    refusals += [409] if route.method == "POST" and route.verb is not None else []
    refusals += [422] if route.query else []
    refusals += [503] if route.path == "/health/ready" else []
    for status in sorted(set(refusals)):
        found[status] = {"description": "refused", "content": {"application/json": {}}}
    return found


def _extra(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if route.body is not None:
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _inlined(route.body.model_json_schema())}},
        }
    names: Sequence[tuple[str, str]] = [
        *((name, "query") for name in route.query),
        *((part[1:-1], "path") for part in route.path.split("/") if part.startswith("{")),
    ]
    if names:
        found["parameters"] = [
            {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}
            for name, place in names
        ]
    if route.verb is not None:
        found["security"] = [{"key": []}]
    return found


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without definitions of its own, which a document keeps elsewhere."""
    own = schema.pop("$defs", {})

    def resolved(part: Any) -> Any:
        if isinstance(part, list):
            return [resolved(one) for one in part]
        if not isinstance(part, dict):
            return part
        name = str(part.get("$ref", "")).rpartition("/")[2]
        if name in own:
            return resolved({**own[name], **{k: v for k, v in part.items() if k != "$ref"}})
        return {key: resolved(value) for key, value in part.items()}

    found: dict[str, Any] = resolved(schema)
    return found
