"""`chainring.js` in a page: it streams, knows a cut stream, and waits no hours."""

from __future__ import annotations

from typing import Any

import pytest
from tests.browser.conftest import OpenPage

PIECES = "".join(f'event: piece\ndata: {{"text": "{one}"}}\n\n' for one in ("Your ", "parcel"))
WHOLE = 'event: answer\ndata: {"id": "pred_1", "output": "Your parcel"}\n\n'
RUN = """
async ([verb, options]) => {
  const { Chainring } = await import("/assets/chainring.js");
  const house = new Chainring("", options);
  const pieces = [];
  try {
    const answer = verb === "stream"
      ? await house.stream("where is it?", (piece) => pieces.push(piece))
      : await house.ask("where is it?");
    return { answer, pieces };
  } catch (error) {
    return { pieces, error: error.message, code: error.code, status: error.status };
  }
}
"""


def told(page: Any, verb: str = "stream", **answer: Any) -> tuple[dict[str, Any], list[Any]]:
    """Return what the script made of an answer, and the requests that it sent."""
    sent: list[Any] = []

    def fulfil(route: Any) -> None:
        sent.append(route.request)
        route.fulfill(**answer)

    page.route("**/v1/predict", fulfil)
    return page.evaluate(RUN, [verb, {"tries": 3}]), sent


def test_a_stream_comes_piece_by_piece_and_carries_no_key_of_repeats(open_page: OpenPage) -> None:
    found, (request,) = told(open_page(), content_type="text/event-stream", body=PIECES + WHOLE)
    assert found["answer"]["output"] == "Your parcel"
    assert found["pieces"] == ["Your ", "parcel"]
    assert "idempotency-key" not in request.headers


def test_a_stream_that_was_cut_off_is_no_answer(open_page: OpenPage) -> None:
    found, _ = told(open_page(), content_type="text/event-stream", body=PIECES)
    assert (found["code"], found["pieces"]) == ("cut_short", ["Your ", "parcel"])


def test_the_house_answers_a_stream_of_the_script(open_page: OpenPage) -> None:
    answer = open_page().evaluate(RUN, ["stream", {}])["answer"]
    assert answer["id"].startswith("pred_")


@pytest.mark.parametrize("verb", ["ask", "stream"])
def test_a_wait_of_hours_is_told_at_once(open_page: OpenPage, verb: str) -> None:
    body = '{"error": {"code": "over_quota", "message": "No more today."}}'
    found, sent = told(
        open_page(expected="429"), verb, status=429, headers={"retry-after": "7200"}, body=body
    )
    assert (found["status"], found["code"], len(sent)) == (429, "over_quota", 1)


def test_an_answer_may_be_asked_again_and_is_given_once(open_page: OpenPage) -> None:
    found, (request,) = told(open_page(), "ask", json={"id": "pred_1"})
    assert found["answer"] == {"id": "pred_1"}
    assert len(request.headers["idempotency-key"]) >= 16
