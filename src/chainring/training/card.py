"""The model card: what a person should know before using the model, from facts only.

M. Mitchell and others 2019, "Model cards for model reporting", kept to a page. Figures that differ
from run to run (seconds) stay out, so that the same training gives the same folder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from chainring.contracts.dataset import OUT_OF_SCOPE, Dataset, Row
from chainring.contracts.model import Ancestor, Rival
from chainring.training.compete import Standing


def card(
    dataset: Dataset,
    train: Sequence[Row],
    validation: Sequence[Row],
    *,
    winner: Standing,
    rivals: Sequence[Rival],
    labels: Sequence[str],
) -> str:
    """Return the text of `model-card.md`."""
    sections = [
        f"# Model card: {dataset.app}",
        _use(winner, labels),
        "## Data",
        _data(dataset, train, validation),
        "## Candidates, on validation",
        "\n".join(_rival_line(rival) for rival in rivals),
        "## Where the weights come from",
        "\n".join(_ancestor_line(a) for a in winner.trained.ancestors) or "Trained from nothing.",
        "## Limits",
        _limits(train, labels),
    ]
    return "\n\n".join(sections) + "\n"


def _use(winner: Standing, labels: Sequence[str]) -> str:
    return (
        f"Sorts a text into one of {len(labels)} labels ({winner.part}). Below a confidence of "
        f"{winner.threshold.value:.3f} it passes the text on to a person "
        f"({winner.threshold.because}). Temperature {winner.readout.temperature:.3f}."
    )


def _data(dataset: Dataset, train: Sequence[Row], validation: Sequence[Row]) -> str:
    languages = Counter(row.language for row in train)
    lines = [
        f"- {len(train)} rows to learn from, {len(validation)} to choose by "
        f"(data set {dataset.training})",
        "- languages: " + ", ".join(f"{name} {n}" for name, n in sorted(languages.items())),
        "- licences: " + (", ".join(sorted({row.licence for row in train})) or "none named"),
        f"- from feedback: {sum(1 for row in train if row.feedback)} rows",
    ]
    return "\n".join(lines)


def _rival_line(rival: Rival) -> str:
    if not rival.rows:
        return f"- {rival.part}: {rival.because}"
    won = "**won**: " if rival.won else ""
    interval = f"{rival.accuracy:.1%} ({rival.low:.1%} to {rival.high:.1%})"
    return f"- {rival.part} {interval}: {won}{rival.because}"


def _ancestor_line(ancestor: Ancestor) -> str:
    return f"- {ancestor.role}: {ancestor.name}, licence {ancestor.licence}, {ancestor.digest}"


def _limits(train: Sequence[Row], labels: Sequence[str]) -> str:
    counts = Counter(row.label for row in train)
    rare = [label for label in labels if counts[label] < 10]
    lines = ["- It knows only the labels, languages and wordings of its data."]
    if rare:
        lines.append(f"- Under ten rows to learn from: {', '.join(rare)}.")
    if OUT_OF_SCOPE not in labels:
        lines.append("- It has seen no text out of scope: it may be sure of texts it cannot know.")
    return "\n".join(lines)
