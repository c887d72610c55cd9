"""Front matter, read back by a YAML reader."""

from __future__ import annotations

from typing import Any

import pytest

from chainring.contracts.dataset import Task
from chainring.contracts.evaluation import Share
from chainring.training.front_matter import front_matter

yaml = pytest.importorskip("yaml")


def read(**given: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "languages": ("en",),
        "licences": ("MIT",),
        "bases": (),
        "task": "classification",
        "app": "shop",
    }
    text = front_matter(**facts | given)
    assert text.startswith("---\n")
    assert text.endswith("\n---\n\n")
    found = yaml.safe_load(text.split("---\n")[1])
    assert isinstance(found, dict)
    return found


def test_one_licence_of_all_is_named_and_several_are_other() -> None:
    assert read(bases=[("org/base", "mit")])["license"] == "mit"
    both = read(licences=("Apache-2.0", "仅供内部"))
    assert (both["license"], both["license_name"]) == ("other", "apache-2.0, 仅供内部")
    assert read(licences=())["license_name"] == "not stated"


def test_a_base_on_a_hub_is_named_and_a_folder_is_not() -> None:
    found = read(bases=[("org/base", "mit"), ("/home/ann/base", "mit"), ("minilm", "mit")])
    assert found["base_model"] == ["org/base"]


def test_names_that_yaml_takes_for_something_else_stay_texts() -> None:
    found = read(languages=("no", "zh", "und", ""), app="null")
    assert found["language"] == ["no", "zh"]


def test_the_figure_of_the_suite_is_where_hubs_look_for_it() -> None:
    share = Share(estimate=0.91234, low=0.9, high=0.92, rows=500)
    result = read(figure=share, suite="blake2b:1")["model-index"][0]["results"][0]
    assert result["metrics"] == [{"type": "accuracy", "value": 0.9123}]
    assert result["dataset"]["name"] == "suite blake2b:1"
    assert "model-index" not in read()


@pytest.mark.parametrize(
    ("metric", "named"),
    [("micro_f1", "f1"), ("mean_absolute_error", "mae"), ("chrf", "chrf"), ("bleu", "bleu")],
)
def test_the_figure_has_the_name_of_what_it_measures(metric: str, named: str) -> None:
    share = Share(estimate=0.4034, low=0.3, high=0.5, rows=36)
    result = read(figure=share, metric=metric)["model-index"][0]["results"][0]
    assert result["metrics"] == [{"type": named, "value": 0.4034}]


@pytest.mark.parametrize("task", Task.__args__)  # type: ignore[attr-defined]
def test_every_task_gives_front_matter(task: str) -> None:
    assert read(task=task)["tags"] == ["chainring", task]
