from __future__ import annotations

from dataclasses import replace

import httpx
from prometheus_client.parser import text_string_to_metric_families
from tests.deployment.http.demo import DemoVerbs

from chainring.deployment.http.app import create_app
from chainring.deployment.http.server import running
from chainring.deployment.http.verbs import Load, Served
from chainring.deployment.settings import DeploymentSettings


def _measures(url: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(httpx.get(f"{url}/metrics").text)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_what_was_done_can_be_read_back_by_a_prometheus_parser() -> None:
    with running(create_app(DemoVerbs(), settings=DeploymentSettings())) as url:
        texts = ["where is my parcel", "refund please", "to the moon"]
        answers = httpx.post(f"{url}/v1/predict", json={"texts": texts}).json()["predictions"]
        one = httpx.post(f"{url}/v1/predict", json={"text": "cancel"}).json()
        body = {"prediction": one["id"], "kind": "rating", "value": "up"}
        httpx.post(f"{url}/v1/react", json=body)
        httpx.get(f"{url}/v1/why/unknown-prediction")
        found = _measures(url)
    model = answers[0]["model"]
    champion = (("variant", "champion"),)
    counted = {
        ("chainring_requests_total", (("route", "/v1/predict"), ("status", "200"))): 2,
        ("chainring_requests_total", (("route", "/v1/why/{id}"), ("status", "404"))): 1,
        ("chainring_request_seconds_count", (("route", "/v1/react"),)): 1,
        ("chainring_predictions_total", (("model", model), ("passed_on", "no"), *champion)): 3,
        ("chainring_predictions_total", (("model", model), ("passed_on", "yes"), *champion)): 1,
        ("chainring_reactions_total", (("kind", "rating"),)): 1,
        ("chainring_batch_texts_count", ()): 2,
        ("chainring_batch_texts_sum", ()): 4,
        ("chainring_batch_texts_bucket", (("le", "2.0"),)): 1,
        ("chainring_queue_texts", ()): 0,
        ("chainring_ready", ()): 1,
    }
    assert {key: found.get(key) for key in counted} == counted
    assert any(name == "chainring_model_info" and value == 1 for (name, _), value in found.items())


class Failing(DemoVerbs):
    """Has a log that takes nothing."""

    def load(self) -> Load:
        return replace(super().load(), log={"waiting": 7, "failed": 3, "lost": 2})


def test_a_log_that_fails_is_seen() -> None:
    with running(create_app(Failing(), settings=DeploymentSettings())) as url:
        found = _measures(url)
    names = ("waiting", "failed_commits_total", "lost_total")
    assert [found.get((f"chainring_log_{name}", ())) for name in names] == [7, 3, 2]


def test_unknown_paths_share_one_series_so_that_nobody_can_fill_the_memory() -> None:
    with running(create_app(DemoVerbs(), settings=DeploymentSettings())) as url:
        for index in range(20):
            httpx.get(f"{url}/nowhere/{index}")
        found = _measures(url)
    routes = {dict(labels).get("route", "") for _, labels in found}
    assert not [route for route in routes if "nowhere" in route]
    assert found["chainring_requests_total", (("route", "unknown"), ("status", "404"))] == 20


class Writes(DemoVerbs):
    """Says how many tokens it read and wrote."""

    def _answer(self, text: str, episode: str, author: str) -> Served:
        served = super()._answer(text, episode, author)
        return replace(served, read_tokens=len(text.split()), written_tokens=7)


def test_tokens_are_counted_of_whole_answers_and_of_streams() -> None:
    with running(create_app(Writes(), settings=DeploymentSettings())) as url:
        whole = httpx.post(f"{url}/v1/predict", json={"texts": ["a b", "退款 c d"]}).json()
        streamed = httpx.post(f"{url}/v1/predict", json={"text": "a b c d", "stream": True})
        assert "event: answer" in streamed.text
        found = _measures(url)
    model = ("model", whole["predictions"][0]["model"])
    assert found["chainring_tokens_total", (model, ("way", "read"))] == 2 + 3 + 4
    assert found["chainring_tokens_total", (model, ("way", "written"))] == 3 * 7
