"""The JSON interface: one row a route; each parses, calls its verb and answers."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from chainring.contracts.case import CaseState
from chainring.contracts.codec import plain
from chainring.contracts.errors import InputError
from chainring.deployment.http import metrics, shapes
from chainring.deployment.http.asking import predict
from chainring.deployment.http.bodies import CloseBody, DecideBody, PredictBody, ReactBody
from chainring.deployment.http.calls import Call, Route
from chainring.deployment.http.key_routes import KEY_ROUTES
from chainring.deployment.http.openai_routes import OPENAI_ROUTES
from chainring.deployment.http.release_routes import RELEASE_ROUTES


async def react(call: Call) -> Response:
    """Store what a person did about an answer, with an Idempotency-Key only once."""
    reaction = call.body(ReactBody).reaction(author=call.author, key=call.idempotency_key)
    stored = await call.verbs.react(reaction, caller=call.caller)
    if not stored.is_replayed:
        call.house.metrics.count_reaction(stored)
    headers = {"idempotency-replayed": "true"} if stored.is_replayed else None
    return JSONResponse(plain(shapes.reacted(stored)), status_code=201, headers=headers)


async def why(call: Call) -> dict[str, Any]:
    """Say where an answer came from."""
    return await call.why()


async def status(call: Call) -> dict[str, Any]:
    """Say what answers now and what waits."""
    return await run_in_threadpool(call.verbs.status, caller=call.caller)


async def labels(call: Call) -> shapes.LabelsShape:
    """List the labels of the model that answers now."""
    return shapes.LabelsShape(labels=await run_in_threadpool(call.verbs.labels))


async def review(call: Call) -> shapes.ReviewShape:
    """List what waits for a person."""
    limit = call.whole_number("limit", default=50, most=1000)
    items = await run_in_threadpool(
        call.verbs.review_items, limit=limit, caller=call.caller, language=call.language
    )
    return shapes.ReviewShape(items=items)


async def decide(call: Call) -> shapes.DoneShape:
    """Store a person's decision."""
    body = call.body(DecideBody)
    if body.decision == "change" and not body.value:
        raise InputError("a change needs the true label in `value`")
    await run_in_threadpool(
        call.verbs.decide,
        body.item,
        decision=body.decision,
        value=body.value,
        must=body.must,
        caller=call.caller,
    )
    return shapes.DoneShape(id=body.item)


async def cases(call: Call) -> shapes.CasesShape:
    """List the cases."""
    state = case_state(call.query("state"))
    found = await run_in_threadpool(call.verbs.cases, state=state, caller=call.caller)
    return shapes.CasesShape(cases=found)


async def case(call: Call) -> shapes.CaseShape:
    """Show a case to its reporter, who names the author or the feedback that opened it."""
    found = await run_in_threadpool(
        call.verbs.case_for,
        call.path("id"),
        author=call.query("author") or call.author,
        feedback=call.query("feedback"),
        caller=call.caller,
    )
    return shapes.followed(found)


async def close(call: Call) -> dict[str, Any]:
    """Close a case."""
    body = call.body(CloseBody)
    closed = await run_in_threadpool(
        call.verbs.close_case,
        call.path("id"),
        outcome=body.outcome,
        told=body.told,
        truth=body.truth,
        must=body.must,
        caller=call.caller,
    )
    return {"case": plain(closed)}


async def live(call: Call) -> shapes.HealthShape:
    """Say that the process lives."""
    return shapes.HealthShape(ok=True, code="ok", reason="")


async def ready(call: Call) -> Response:
    """Say whether requests are answered now: 200, or 503 with the reason."""
    found = call.verbs.ready()
    if getattr(call.request.app.state, "draining", False):
        shape = shapes.HealthShape(ok=False, code="draining", reason="the server is stopping")
    else:
        shape = shapes.HealthShape(ok=found.ok, code=found.code, reason=found.reason)
    return JSONResponse(plain(shape), status_code=200 if shape.ok else 503)


async def measures(call: Call) -> Response:
    """Give Prometheus its page."""
    page, others = call.house.metrics.text(), call.house.siblings
    if others is not None:
        page = await others.page(page)
    return Response(page, media_type=metrics.CONTENT_TYPE)


def case_state(asked: str) -> CaseState | None:
    """Return the state asked for; `all` or nothing is every state."""
    states: dict[str, CaseState | None] = {
        "": None,
        "all": None,
        "open": "open",
        "closed": "closed",
    }
    if asked not in states:
        raise InputError("the cases cannot be listed", faults=["state: open, closed or all"])
    return states[asked]


ROUTES: tuple[Route, ...] = (
    Route(
        method="POST", path="/v1/predict", verb="predict", handler=predict, body=PredictBody,
        answer=shapes.AnswerShape | shapes.AnswersShape, summary="Answer one text or several",
        lane=True,
    ),
    Route(
        method="POST", path="/v1/react", verb="react", handler=react, body=ReactBody, status=201,
        answer=shapes.ReactedShape, summary="Tell what a person did about an answer",
    ),
    Route(
        method="GET", path="/v1/why/{id}", verb="why", handler=why, answer=dict[str, Any],
        summary="Where an answer came from",
    ),
    Route(
        method="GET", path="/v1/status", verb="status", handler=status, answer=dict[str, Any],
        summary="What answers now and what waits",
    ),
    Route(
        method="GET", path="/v1/labels", verb="labels", handler=labels, answer=shapes.LabelsShape,
        summary="The labels of the model that answers now",
    ),
    Route(
        method="GET", path="/v1/review", verb="review", handler=review, answer=shapes.ReviewShape,
        query=("limit",), summary="What waits for a person",
    ),
    Route(
        method="POST", path="/v1/review", verb="decide", handler=decide, body=DecideBody,
        answer=shapes.DoneShape, summary="A person's decision",
    ),
    Route(
        method="GET", path="/v1/cases", verb="cases", handler=cases, answer=shapes.CasesShape,
        query=("state",), summary="The cases",
    ),
    Route(
        method="GET", path="/v1/cases/{id}", verb="case", handler=case, answer=shapes.CaseShape,
        query=("author", "feedback"), summary="A case, for its reporter",
    ),
    Route(
        method="POST", path="/v1/cases/{id}/close", verb="close_case", handler=close,
        body=CloseBody, answer=dict[str, Any], summary="Close a case",
    ),
    Route(
        method="GET", path="/health/live", verb=None, handler=live, answer=shapes.HealthShape,
        summary="The process lives",
    ),
    Route(
        method="GET", path="/health/ready", verb=None, handler=ready, answer=shapes.HealthShape,
        summary="Requests are answered now",
    ),
    Route(
        method="GET", path="/metrics", verb="metrics", handler=measures, summary="For Prometheus",
    ),
    *OPENAI_ROUTES,
    *KEY_ROUTES,
    *RELEASE_ROUTES,
)  # fmt: skip
