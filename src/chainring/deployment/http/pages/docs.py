"""The page of the interface: every address, drawn from the OpenAPI document on the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from chainring.deployment.http.calls import Call
from chainring.deployment.http.pages.layout import heading, page
from chainring.deployment.http.pages.markup import Markup, group, tag
from chainring.deployment.http.pages.strings import Strings

_EXAMPLES: dict[str, Any] = {
    "/v1/predict": {"text": "我的包裹到哪了？", "episode": "chat-17"},
    "/v1/react": {"prediction": "pred_…", "kind": "correction", "value": "track_order"},
    "/v1/review": {"item": "fb_…", "decision": "accept"},
    "/v1/cases/{id}/close": {"outcome": "label changed", "told": "Thank you, it is corrected."},
}


async def docs(call: Call) -> Response:
    """Draw the page."""
    say = Strings(call.language)
    document = call.request.app.state.document.of(call)
    before, _, after = say("docs.lead", link="\x00").partition("\x00")
    link = tag("a", "/openapi.json", href="/openapi.json")
    routes = [
        _route(method.upper(), path, operation, document, call, say)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    return page(
        call,
        heading(say("docs.title")),
        tag("p", before, link, after, class_="lead"),
        *routes,
        title=say("docs.title"),
    )


def _route(
    method: str,
    path: str,
    operation: Mapping[str, Any],
    document: Mapping[str, Any],
    call: Call,
    say: Strings,
) -> Markup:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    key = tag("span", say("docs.key"), class_="badge") if "security" in operation else None
    return tag(
        "section",
        tag("h2", tag("span", method, class_=f"method {method.lower()}"), " ", tag("code", path)),
        tag("p", say.known(f"route.{method} {path}", operation.get("summary", "")), " ", key),
        _fields(say("docs.body"), body.get("schema"), document, say),
        _answer(operation, document, say),
        _example(method, path, call, say),
        class_="card route",
    )


def _answer(operation: Mapping[str, Any], document: Mapping[str, Any], say: Strings) -> Markup:
    for status, response in operation.get("responses", {}).items():
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        if status.startswith("2") and schema:
            options = schema.get("anyOf", [schema])
            return group(*(_fields(say("docs.answer"), each, document, say) for each in options))
    return group()


def _fields(title: str, schema: Any, document: Mapping[str, Any], say: Strings) -> Markup:
    found = _resolved(schema, document)
    rows = [
        tag(
            "div",
            tag("dt", tag("code", name), " ", tag("span", _type(field), class_="hint")),
            tag("dd", _meaning(name, field, say)),
        )
        for name, field in found.get("properties", {}).items()
    ]
    return group(tag("h3", title, class_="small"), tag("dl", *rows)) if rows else group()


def _meaning(name: str, field: Mapping[str, Any], say: Strings) -> str:
    """Return the schema's own words in English, the table's in Chinese."""
    said = str(field.get("description", ""))
    return said if say.language == "en" and said else say.known(f"field.{name}", said)


def _resolved(schema: Any, document: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(schema, Mapping):
        return {}
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: Mapping[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def _type(field: Mapping[str, Any]) -> str:
    if "anyOf" in field:
        return " | ".join(_type(option) for option in field["anyOf"])
    if "enum" in field:
        return " | ".join(str(value) for value in field["enum"])
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    inner = f" of {_type(field['items'])}" if "items" in field else ""
    return str(field.get("type", "any")) + inner


def _example(method: str, path: str, call: Call, say: Strings) -> Markup:
    if path not in _EXAMPLES or method != "POST":
        return group()
    body = json.dumps(_EXAMPLES[path], ensure_ascii=False)
    base = str(call.request.base_url).rstrip("/")
    key = " -H 'Authorization: Bearer KEY'" if call.caller.key_id else ""
    return group(
        tag("h3", say("docs.try"), class_="small"),
        tag("pre", tag("code", f"curl{key} {base}{path} -d '{body}'"), tabindex="0"),
    )
