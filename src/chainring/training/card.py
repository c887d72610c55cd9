"""The card in a model folder, README.md: what a person should know before using the model.

M. Mitchell and others 2019, "Model Cards for Model Reporting", kept to a page, in English with a
Chinese twin below, under the front matter that model hubs show. It knows training and validation
alone: the folder is addressed by its content and made before anything is judged. Figures that
differ from run to run (seconds) stay out, so that the same training gives the same folder. What
came after stands in the full card, `chainring report --card FILE`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from chainring.contracts.codec import digest
from chainring.contracts.dataset import OUT_OF_SCOPE, Dataset, Row, licences_in
from chainring.contracts.model import Rival
from chainring.contracts.said import in_language
from chainring.text.characters import bullets, unlinked
from chainring.text.house_words import Kind, counted, house_word
from chainring.training.answered import label_counts
from chainring.training.card_words import WORDS, base_name
from chainring.training.compete import Standing
from chainring.training.front_matter import front_matter
from chainring.training.prices import said_prices
from chainring.training.settings import TrainingSettings

FILE = "README.md"
FEW_ROWS = 10
MOST_NAMED = 40


def card(
    dataset: Dataset,
    train: Sequence[Row],
    validation: Sequence[Row],
    *,
    winner: Standing,
    rivals: Sequence[Rival],
    labels: Sequence[str],
    settings: TrainingSettings,
) -> str:
    """Return the text of README.md."""
    head = front_matter(
        languages=sorted({row.language for row in train}),
        licences=sorted({one for row in train for one in licences_in(row.licence)}),
        bases=[(one.name, one.licence) for one in winner.trained.ancestors if one.role == "base"],
        task=dataset.task,
        app=dataset.app,
    )
    twins = []
    for say in WORDS.values():
        sections = {
            "use": _use(dataset, winner, labels, say),
            "data": _data(dataset, train, validation, say),
            "rivals": (_rival(one, say) for one in rivals),
            "ancestors": _ancestors(winner, say),
            "figures": _figures(winner, say),
            "limits": _limits(label_counts(train, dataset.task), labels, winner.limits, say),
            "privacy": _privacy(train, say),
            "again": _again(dataset, settings, say),
        }
        body = [f"# {say['title']}: {dataset.app}"]
        body += [f"## {say[key]}\n\n{bullets(lines)}" for key, lines in sections.items()]
        twins.append("\n\n".join(body))
    return head + "\n\n".join(twins) + "\n"


def _use(
    dataset: Dataset, winner: Standing, labels: Sequence[str], say: Mapping[str, str]
) -> Iterator[str]:
    yield say["does" if labels else "does written"].format(
        task=house_word(dataset.task, say["code"]), labels=len(labels), part=winner.part
    )
    because = in_language(winner.threshold.because, say["code"])
    if winner.readout.costs and not winner.threshold.value:
        yield because
    if winner.threshold.value:
        value = f"{winner.threshold.value:.3f}"
        yield say["passes on"].format(value=value, because=because)
    if winner.readout.costs:
        yield in_language(said_prices(winner.readout), say["code"])
    yield say["meant for"]


def _data(
    dataset: Dataset, train: Sequence[Row], validation: Sequence[Row], say: Mapping[str, str]
) -> Iterator[str]:
    yield say["rows"].format(train=len(train), validation=len(validation), digest=dataset.training)
    found: dict[Kind, Mapping[str, int]] = {
        "language": Counter(row.language for row in train),
        "source": Counter(row.source for row in train),
        "licence": Counter(one for row in train for one in licences_in(row.licence)),
        "consent": Counter(row.consent for row in train),
        "label": label_counts(train, dataset.task),
    }
    for kind, counts in found.items():
        if counts:
            told = _counted(counted(counts, say["code"], kind=kind), say)
            yield say[f"{kind}s"].format(found=told)
    yield say["feedback"].format(n=sum(1 for row in train if row.feedback))


def _rival(rival: Rival, say: Mapping[str, str]) -> str:
    because = in_language(rival.because, say["code"])
    if not rival.rows:
        return f"{rival.part}{say['colon']}{because}"
    won = say["won"] if rival.won else ""
    interval = f"{rival.accuracy:.1%} ({rival.low:.1%} – {rival.high:.1%}, n={rival.rows})"
    return f"{rival.part} {interval}{say['colon']}{won}{because}"


def _ancestors(winner: Standing, say: Mapping[str, str]) -> Iterator[str]:
    for one in winner.trained.ancestors:
        yield say["ancestor"].format(
            role=say.get(one.role, one.role),
            name=base_name(one.name, say["code"]),
            licence=one.licence,
            digest=one.digest,
        )
    if not winner.trained.ancestors:
        yield say["from nothing"]


def _figures(winner: Standing, say: Mapping[str, str]) -> Iterator[str]:
    for language, share in sorted(winner.per_language.items()):
        yield say["language"].format(
            name=house_word(language or "und", say["code"]),
            share=f"{share:.1%}",
            rows=winner.languages.get(language, 0),
        )
    yield say["temperature"].format(value=f"{winner.readout.temperature:.3f}")
    yield say["judged later"]


def _limits(
    counts: Mapping[str, int],
    labels: Sequence[str],
    told: Sequence[str],
    say: Mapping[str, str],
) -> Iterator[str]:
    yield say["knows"]
    yield from (in_language(one, say["code"]) for one in told)
    rare = [label for label in labels if counts.get(label, 0) < FEW_ROWS]
    if rare and counts:
        yield say["rare"].format(rows=FEW_ROWS, labels=_named(rare, say))
    if labels and OUT_OF_SCOPE not in labels:
        yield say["no outside"]
    yield say["no decision"]


def _privacy(train: Sequence[Row], say: Mapping[str, str]) -> Iterator[str]:
    from chainring.text.redact import RULES

    yield say["redacted"].format(rules=RULES)
    people = len({row.author for row in train if row.author})
    yield say["people"].format(n=people)
    yield say["no epsilon"]


def _again(dataset: Dataset, settings: TrainingSettings, say: Mapping[str, str]) -> Iterator[str]:
    recipe = digest(settings.model_dump(mode="json"))
    yield say["recipe"].format(digest=recipe, seed=settings.seed, data=dataset.address)
    yield say["cite"].format(app=dataset.app)


def _counted(counts: Mapping[str, int], say: Mapping[str, str]) -> str:
    found = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return _named([f"{name or say['unknown']} {n}" for name, n in found], say)


def _named(values: Sequence[str], say: Mapping[str, str]) -> str:
    kept = [unlinked(value) for value in values[:MOST_NAMED]]
    rest = len(values) - MOST_NAMED
    return say["comma"].join([*kept, say["more"].format(n=rest)] if rest > 0 else kept)
