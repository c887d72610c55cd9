"""Routes that ask the model in our own shapes: answers, pieces of one, and what answers here."""

from __future__ import annotations

import orjson
from starlette.responses import Response

from chainring.contracts.errors import InputError
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import Input
from chainring.deployment.http import shapes
from chainring.deployment.http.bodies import PredictBody
from chainring.deployment.http.calls import Call
from chainring.deployment.http.offers import Begun
from chainring.deployment.http.streams import event, streamed
from chainring.deployment.http.verbs import Served


async def predict(call: Call) -> Response:
    """Answer one text or several; with an Idempotency-Key, which no stream takes, only once."""
    body = call.body(PredictBody)
    limits = call.house.settings
    texts = body.all(max_texts=limits.max_texts, max_characters=limits.max_characters)
    require_fit(call, texts)
    key = call.idempotency_key
    if body.stream:
        if key:
            raise InputError("a stream is not remembered; send it without an Idempotency-Key")
        return await _pieces(call, body, texts[0])
    if not key:
        return _json(await _answers(call, body, texts))
    about = (call.caller.key_id, call.request.url.path, key)
    async with call.house.remembered.place(*about, body=call.raw) as place:
        if place.answer:
            return _json(place.answer, replayed=True)
        place.answer = await _answers(call, body, texts)
        return _json(place.answer)


def require_fit(call: Call, texts: list[Input]) -> None:
    """Raise InputError where the model's task wants a second text, or none."""
    task = call.verbs.load().task
    facts = TASKS[task]
    pairs = [isinstance(text, tuple) for text in texts]
    if any(pairs) and not facts.takes_pair:
        raise InputError(f"{task} reads one text; leave `pair` out")
    if not all(pairs) and facts.asks_pair:
        raise InputError(f"{task} compares two texts; give the second as `pair`")


async def _answers(call: Call, body: PredictBody, texts: list[Input]) -> bytes:
    with call.spending(len(texts)):
        served = await call.verbs.predict(
            texts, episode=body.episode, author=body.author or call.author, caller=call.caller
        )
    call.house.metrics.count_served(served)
    answers = [shapes.answer(each) for each in served]
    return orjson.dumps(
        answers[0] if body.text is not None else shapes.AnswersShape(predictions=answers)
    )


def _json(content: bytes, *, replayed: bool = False) -> Response:
    headers = {"idempotency-replayed": "true"} if replayed else None
    return Response(content, media_type="application/json", headers=headers)


async def _pieces(call: Call, body: PredictBody, text: Input) -> Response:
    author = body.author or call.author

    def draw(piece: Begun | str | Served) -> list[bytes]:
        if isinstance(piece, str):
            return [event({"text": piece}, name="piece")]
        if isinstance(piece, Begun):
            return [event(piece, name="begun")]
        call.house.metrics.count_served([piece])
        return [event(shapes.answer(piece), name="answer")]

    pieces = call.verbs.stream(text, episode=body.episode, author=author, caller=call.caller)
    with call.spending(1):
        return await streamed(call, pieces, draw)
