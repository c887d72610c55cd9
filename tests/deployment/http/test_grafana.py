"""The dashboard asks for measures that a server has."""

from __future__ import annotations

import json
import re
from importlib.resources import files

from prometheus_client.parser import text_string_to_metric_families
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.prediction import Prediction
from chainring.deployment.http.metrics import Metrics
from chainring.deployment.http.verbs import Load, Served


class Busy(DemoVerbs):
    """A server in the middle of a release, with drift looked for."""

    def load(self) -> Load:
        return Load(
            queue=3,
            batches={2: 1},
            model="m",
            form="f",
            engine="e",
            candidate="c",
            stage="canary",
            shadow={"answered": 4, "dropped": 1},
            drift={("input", "all"): 0.5},
            log={"waiting": 3, "failed": 2, "lost": 1},
        )


def measured() -> dict[str, set[str]]:
    metrics = Metrics(Busy())
    metrics.count_request("/v1/predict", 200, 0.01)
    metrics.observe_stage("model", 0.01)
    row = Prediction(
        id="pred_1", app="a", model="m", form="f", label="x", confidence=1.0, passed_on=False,
        language="en", request="", group="", holdout=False, at=0.0, output="written",
    )  # fmt: skip
    metrics.count_served([Served(prediction=row)])
    metrics.reactions.labels("rating").inc()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def panels() -> list[dict[str, object]]:
    board = json.loads((files("chainring.deployment.http") / "grafana.json").read_text("utf-8"))
    found: list[dict[str, object]] = board["panels"]
    return found


def test_each_panel_asks_for_measures_and_labels_that_exist() -> None:
    there = measured()
    for panel in panels():
        for target in panel["targets"]:  # type: ignore[attr-defined]
            names = re.findall(r"\b((?:chainring|process)_\w+)", target["expr"])
            assert names
            assert [name for name in names if name not in there] == [], panel["title"]
            labels = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert labels <= set.union(*(there[name] for name in names)), panel["title"]


def test_each_rate_is_summed_so_that_several_workers_are_one_line() -> None:
    expressions = [t["expr"] for panel in panels() for t in panel["targets"]]  # type: ignore[attr-defined]
    rates = r"(?:rate|increase)\("
    for expression in expressions:
        summed = re.findall(rf"\bsum (?:by \([\w, ]+\) )?\({rates}", expression)
        assert len(summed) == len(re.findall(rates, expression)), expression


def test_panels_do_not_lie_over_each_other() -> None:
    places = [panel["gridPos"] for panel in panels()]
    cells = [
        (x, y)
        for one in places
        for x in range(one["x"], one["x"] + one["w"])  # type: ignore[index]
        for y in range(one["y"], one["y"] + one["h"])  # type: ignore[index]
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
