"""The front matter of a model card, as model hubs read it at the head of README.md.

Enters facts, leaves YAML between two lines of `---`: languages, licence, base, task, and the figure
of the suite where one is known. What a hub has no word for is left out rather than guessed.

    front_matter(languages=("en", "zh"), licences=("Apache-2.0",), app="support", …)

The keys are those of the Hugging Face hub ("Model Cards", section "Model card metadata", 2026).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from chainring.contracts.evaluation import Share

TASKS = {
    "classification": "text-classification",
    "multi-label": "text-classification",
    "regression": "text-classification",
    "matching": "sentence-similarity",
    "inference": "text-classification",
    "tagging": "token-classification",
    "question-answering": "question-answering",
    "translation": "translation",
    "generation": "text-generation",
    "dialogue": "text-generation",
    "preference": "text-generation",
}
"""The hub's name of each of our tasks (`pipeline_tag`)."""

METRICS = {
    "micro_f1": "f1",
    "entity_f1": "f1",
    "mean_absolute_error": "mae",
    "preference_accuracy": "accuracy",
}
"""The hub's name of figures that it calls otherwise."""

LICENCES = frozenset(
    "apache-2.0 mit bsd-2-clause bsd-3-clause cc0-1.0 cc-by-4.0 cc-by-sa-4.0 cc-by-nc-4.0 "
    "cc-by-nc-sa-4.0 cc-by-3.0 cc-by-sa-3.0 gpl-3.0 lgpl-3.0 agpl-3.0 mpl-2.0 odbl openrail "
    "unlicense".split()
)
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def front_matter(
    *,
    languages: Sequence[str],
    licences: Sequence[str],
    bases: Sequence[tuple[str, str]],
    task: str,
    app: str,
    figure: Share | None = None,
    metric: str = "accuracy",
    suite: str = "",
) -> str:
    """Return the front matter with its lines of dashes, an empty line after them.

    Parameters
    ----------
    licences
        Of the rows that taught.
    bases
        Name and licence of each pre-trained model that the weights come from.
    figure, metric, suite
        The figure on the rows that judge, its name, and their digest, where they are known.
    """
    lines = [
        *_list("language", [name for name in languages if name and name != "und"]),
        *_licence([*licences, *(licence for _, licence in bases)]),
        *_list("base_model", [name for name, _ in bases if _HUB_ID.fullmatch(name)]),
        "library_name: chainring",
        *([f"pipeline_tag: {TASKS[task]}"] if task in TASKS else []),
        *_list("tags", ["chainring", task]),
        *([] if figure is None else _figure(app, task, figure, metric, suite)),
    ]
    return "---\n" + "\n".join(lines) + "\n---\n\n"


def _licence(named: Sequence[str]) -> list[str]:
    """Return the one licence that all agree on; else `other` with what they are.

    Which licence the weights may carry, where rows and base differ, a person has to say.
    """
    found = sorted({one.strip().casefold() for one in named if one.strip()})
    if len(found) == 1 and found[0] in LICENCES:
        return [f"license: {found[0]}"]
    told = ", ".join(found) or "not stated"
    return ["license: other", f"license_name: {_text(told)}"]


def _list(key: str, values: Sequence[str]) -> list[str]:
    return [f"{key}:", *(f"- {_text(value)}" for value in values)] if values else []


def _figure(app: str, task: str, figure: Share, metric: str, suite: str) -> Iterator[str]:
    yield "model-index:"
    yield f"- name: {_text(app)}"
    yield "  results:"
    yield f"  - task:\n      type: {TASKS.get(task, task)}"
    yield f"    dataset:\n      name: {_text(f'suite {suite}')}\n      type: {_text(app)}"
    name = METRICS.get(metric, metric)
    yield f"    metrics:\n    - type: {name}\n      value: {figure.estimate:.4f}"


def _text(value: str) -> str:
    """Return a text as YAML: a JSON string is one."""
    if re.fullmatch(r"[A-Za-z][\w.-]*(/[\w.-]+)?", value) and value.casefold() not in (
        "yes", "no", "on", "off", "true", "false", "null", "y", "n",
    ):  # fmt: skip
        return value
    return json.dumps(value, ensure_ascii=False)
