from __future__ import annotations

import httpx
import pytest


def _predict(client: httpx.Client, text: str = "Where is my parcel?", **more: str) -> str:
    answer = client.post("/v1/predict", json={"text": text, **more})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def test_one_text_gets_one_answer_with_label_confidence_and_article(client: httpx.Client) -> None:
    answer = client.post("/v1/predict", json={"text": "Where is my parcel?"}).json()
    assert answer["label"] == "track_order"
    assert 0.5 < answer["confidence"] <= 1
    assert answer["article"]["title"] == "Following your parcel"
    assert answer["passed_on"] is False


def test_several_texts_are_answered_in_order_and_in_their_languages(client: httpx.Client) -> None:
    texts = ["I want my money back", "怎么退货", "cancel it"]
    answers = client.post("/v1/predict", json={"texts": texts}).json()["predictions"]
    assert [a["label"] for a in answers] == ["refund_status", "return_item", "cancel_order"]
    assert [a["language"] for a in answers] == ["en", "zh", "en"]


def test_a_text_it_is_not_sure_of_is_passed_on_with_a_sentence(client: httpx.Client) -> None:
    for text, sentence in (("ship to the moon?", "passing"), ("你们招人吗", "转接人工")):
        answer = client.post("/v1/predict", json={"text": text}).json()
        assert answer["passed_on"] is True
        assert sentence in answer["message"]
        assert answer["article"] is None


def test_an_asker_never_learns_which_answers_judge_the_model(asker: httpx.Client) -> None:
    answer = asker.post("/v1/predict", json={"text": "where is it"}).json()
    assert not {"holdout", "group", "request", "author"} & set(answer)


def test_a_reaction_is_stored_on_its_prediction(client: httpx.Client) -> None:
    prediction = _predict(client)
    body = {"prediction": prediction, "kind": "correction", "value": "invoice"}
    stored = client.post("/v1/react", json=body)
    assert stored.status_code == 201
    assert stored.json()["prediction"] == prediction
    reasons = client.get(f"/v1/why/{prediction}").json()["feedback"]
    assert [(r["id"], r["value"]) for r in reasons] == [(stored.json()["id"], "invoice")]


@pytest.mark.parametrize("place", ["body", "header"])
def test_the_same_key_twice_is_one_reaction(client: httpx.Client, place: str) -> None:
    body = {"prediction": _predict(client), "kind": "rating", "value": "up"}
    headers = {}
    if place == "body":
        body["key"] = "once-body"
    else:
        headers["idempotency-key"] = "once-header"
    first = client.post("/v1/react", json=body, headers=headers)
    again = client.post("/v1/react", json=body, headers=headers)
    assert again.json() == first.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"


def test_the_key_of_one_reaction_is_refused_for_another(client: httpx.Client) -> None:
    body = {"prediction": _predict(client), "kind": "rating", "value": "up", "key": "once"}
    client.post("/v1/react", json=body).raise_for_status()
    other = client.post("/v1/react", json=body | {"kind": "flag", "value": "wrong"})
    assert (other.status_code, other.json()["error"]["code"]) == (422, "key_reused")
    elsewhere = client.post("/v1/react", json=body | {"prediction": _predict(client)})
    assert "idempotency-replayed" not in elsewhere.headers


def test_a_flag_opens_a_case_that_its_author_follows_and_nobody_else(asker: httpx.Client) -> None:
    body = {"prediction": _predict(asker), "kind": "flag", "value": "unfair", "author": "li"}
    stored = asker.post("/v1/react", json=body).json()
    path = f"/v1/cases/{stored['case']}"
    assert asker.get(path, params={"author": "li"}).json()["state"] == "open"
    assert asker.get(path, params={"feedback": stored["id"]}).status_code == 200
    assert asker.get(path, params={"author": "eve"}).status_code == 404
    assert asker.get(path).status_code == 404


def test_a_closed_case_tells_its_reporter_what_was_said_and_hides_the_rest(
    asker: httpx.Client, operator: httpx.Client
) -> None:
    body = {"prediction": _predict(asker), "kind": "flag", "value": "wrong", "author": "wang"}
    case = asker.post("/v1/react", json=body).json()["case"]
    end = {"outcome": "label fixed", "told": "Thank you", "truth": "invoice", "must": True}
    closed = operator.post(f"/v1/cases/{case}/close", json=end)
    assert closed.json()["case"]["must"] is True
    seen = asker.get(f"/v1/cases/{case}", params={"author": "wang"}).json()
    assert (seen["state"], seen["told"]) == ("closed", "Thank you")
    assert not {"owner", "truth", "must", "reporter"} & set(seen)
    listed = operator.get("/v1/cases", params={"state": "closed"}).json()["cases"]
    assert case in [row["id"] for row in listed]
    opened = operator.get("/v1/cases", params={"state": "open"}).json()["cases"]
    assert case not in [row["id"] for row in opened]


def test_why_shows_texts_to_operators_only(asker: httpx.Client, operator: httpx.Client) -> None:
    prediction = _predict(asker, "where is the secret parcel")
    assert "secret parcel" in operator.get(f"/v1/why/{prediction}").text
    told = asker.get(f"/v1/why/{prediction}")
    assert "secret parcel" not in told.text
    assert told.json()["licences"] == ["CC0-1.0"]


def test_a_correction_waits_for_review_until_a_person_decides(client: httpx.Client) -> None:
    body = {"prediction": _predict(client), "kind": "correction", "value": "invoice"}
    item = client.post("/v1/react", json=body).json()["id"]
    assert item in [i["id"] for i in client.get("/v1/review").json()["items"]]
    decision = {"item": item, "decision": "accept", "value": "invoice", "must": True}
    assert client.post("/v1/review", json=decision).json() == {"id": item, "done": True}
    assert item not in [i["id"] for i in client.get("/v1/review").json()["items"]]
    assert client.post("/v1/review", json=decision).status_code == 404


def test_a_change_without_a_label_is_refused(client: httpx.Client) -> None:
    answer = client.post("/v1/review", json={"item": "review_1", "decision": "change"})
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["/v1/review", "/v1/audit"])
@pytest.mark.parametrize(
    "limit",
    ["0", "-1", "x", "10001", "9" * 400, "１", "000000001" + "0" * 5000, "000000001" + "9" * 20],
)
def test_a_limit_out_of_bounds_is_refused(client: httpx.Client, path: str, limit: str) -> None:
    answer = client.get(path, params={"limit": limit})
    assert answer.status_code == 422
    assert "limit: from 1 to" in answer.text


@pytest.mark.parametrize("path", ["/v1/review", "/v1/audit"])
def test_a_limit_within_bounds_is_kept(client: httpx.Client, path: str) -> None:
    assert client.get(path, params={"limit": "001"}).status_code == 200


NUL_PATHS = ["/v1/why/a%00", "/v1/cases/a%00b", "/v1/cases?state=%00", "/why/%00", "/?lang=%00"]


@pytest.mark.parametrize("path", NUL_PATHS)
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_nul_in_an_address_is_refused(client: httpx.Client, path: str, accept: str) -> None:
    answer = client.get(path, headers={"accept": accept})
    assert answer.status_code == 422
    assert "NUL" in answer.text
    assert client.get(path.replace("%00", "%2500")).status_code != 500


def test_a_cookie_with_nul_names_no_author(asker: httpx.Client, client: httpx.Client) -> None:
    cookie = {"cookie": 'chainring_author="\\000ann"'}
    body = {"prediction": _predict(asker), "kind": "flag", "value": "wrong"}
    case = asker.post("/v1/react", json=body, headers=cookie).json()["case"]
    assert asker.get(f"/v1/cases/{case}", headers=cookie).status_code == 404
    assert "chainring_author=web_" in client.get("/", headers=cookie).headers["set-cookie"]


def test_the_labels_carry_names_in_both_languages(client: httpx.Client) -> None:
    rows = client.get("/v1/labels").json()["labels"]
    assert all(set(row["names"]) == {"en", "zh"} for row in rows)


def test_every_route_but_the_pages_is_in_the_openapi_document(client: httpx.Client) -> None:
    from chainring.deployment.http.routes import ROUTES

    paths = client.get("/openapi.json").json()["paths"]
    found = {(method.upper(), path) for path, ways in paths.items() for method in ways}
    assert found == {(route.method, route.path) for route in ROUTES}
