"""On which surfaces each verb stands: Python API, command line, HTTP; and who may call it there.

A test holds the table against the code: no verb is missing on a surface, none is there unlisted.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """One verb: its method of `Project`, its command, its routes, and the role that HTTP asks."""

    verb: str
    api: str
    command: str
    routes: tuple[str, ...] = ()
    role: str = "operate"


SURFACES = (
    Surface(verb="init", api="init", command="init"),
    Surface(verb="turn", api="turn", command="turn"),
    Surface(verb="watch", api="watch", command="watch"),
    Surface(verb="serve", api="", command="serve"),
    Surface(
        verb="predict", api="predict", command="predict", routes=("POST /v1/predict",), role="ask"
    ),
    Surface(verb="react", api="react", command="react", routes=("POST /v1/react",), role="ask"),
    Surface(
        verb="review",
        api="review_items",
        command="review",
        routes=("GET /v1/review", "POST /v1/review"),
    ),
    Surface(verb="why", api="why", command="why", routes=("GET /v1/why/{id}",), role="ask"),
    Surface(verb="status", api="status", command="status", routes=("GET /v1/status",), role="ask"),
    Surface(
        verb="cases",
        api="cases",
        command="cases",
        routes=("GET /v1/cases", "POST /v1/cases/{id}/close"),
    ),
    Surface(verb="report", api="report", command="report"),
    Surface(verb="promote", api="promote", command="promote"),
    Surface(verb="rollback", api="rollback", command="rollback"),
    Surface(
        verb="release",
        api="releases.begin",
        command="release",
        routes=("GET /v1/release", "POST /v1/release"),
    ),
    Surface(verb="drift", api="releases.drift", command="drift", routes=("GET /v1/drift",)),
    Surface(
        verb="keys",
        api="make_key",
        command="keys",
        routes=(
            "GET /v1/keys",
            "POST /v1/keys",
            "POST /v1/keys/{id}/rotate",
            "POST /v1/keys/{id}/revoke",
        ),
        role="admin",
    ),
    Surface(verb="audit", api="audit", command="audit", routes=("GET /v1/audit",), role="admin"),
    Surface(verb="doctor", api="doctor", command="doctor"),
    Surface(verb="backup", api="backup", command="backup"),
    Surface(verb="restore", api="restore", command="restore"),
    Surface(verb="gc", api="gc", command="gc"),
    Surface(verb="package", api="package", command="package"),
    Surface(verb="collect", api="collect", command="collect"),
    Surface(verb="forget", api="forget", command="forget"),
    Surface(verb="upgrade", api="upgrade", command="upgrade"),
    Surface(verb="data fetch", api="data.fetch", command="data fetch"),
    Surface(verb="data clean", api="", command="data clean"),
    Surface(verb="data report", api="data.report", command="data report"),
    Surface(verb="data show", api="data.show", command="data show"),
    Surface(verb="data trace", api="data.trace", command="data trace"),
    Surface(verb="pretrain", api="", command="pretrain"),
    Surface(verb="tokeniser", api="", command="tokeniser"),
    Surface(verb="words train", api="", command="words train"),
    Surface(verb="words near", api="", command="words near"),
    Surface(verb="words analogy", api="", command="words analogy"),
    Surface(verb="words export", api="", command="words export"),
    Surface(verb="words map", api="", command="words map"),
    Surface(verb="words segment", api="", command="words segment"),
)
