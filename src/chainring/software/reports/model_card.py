"""The full card of a model, from its lineage: written when it was judged, in English or Chinese.

Enters a project and the execution of a verdict, leaves Markdown with the front matter that model
hubs read. The card inside the model folder knows training and validation alone, because the folder
is addressed by its content and made before anything is judged; this one adds what came after.

    model_card(project, verdict_row, language="en")

M. Mitchell and others 2019, "Model Cards for Model Reporting": use, factors, metrics, data and
caveats; and what training cost and how to do it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainring.contracts.codec import decode, digest
from chainring.contracts.dataset import OUT_OF_SCOPE, Row, licences_in
from chainring.contracts.errors import InputError
from chainring.contracts.evaluation import Evaluation, Outcome, Share
from chainring.contracts.lineage import Lineage
from chainring.contracts.model import Model
from chainring.contracts.said import in_language
from chainring.contracts.tasks import TASKS, Form
from chainring.contracts.verdict import Verdict
from chainring.data.looking.card import moment
from chainring.deployment.model_folder import read_card
from chainring.ring.built import Built, built_of
from chainring.ring.why import ancestry, forgotten
from chainring.software.reports.calibrated import calibration_told
from chainring.software.reports.history import evaluations
from chainring.software.reports.label_figures import LABELLED
from chainring.software.reports.model_card_labels import (
    MIN_SLICE_ROWS,
    MOST_SLICES,
    label_tables,
    percent,
)
from chainring.software.reports.model_card_words import WORDS
from chainring.software.reports.report_quality import is_sure, judged_rows
from chainring.software.telling.results import figure, short
from chainring.store.tables import read_rows
from chainring.text.characters import bullets, in_cell
from chainring.text.house_words import Kind, counted, house_term, house_word
from chainring.training.answered import label_counts
from chainring.training.card_words import base_name
from chainring.training.front_matter import front_matter
from chainring.training.prices import said_by_cost, said_prices

if TYPE_CHECKING:
    from chainring.software.api import Project

FEW_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Carded:
    """What a card is written from. `steps` made the model, nearest first."""

    project: Project
    built: Built
    verdict: Verdict
    evaluation: Evaluation | None
    steps: Sequence[Lineage]
    rows: Sequence[Row]

    @property
    def model(self) -> Model:
        """The model."""
        return self.built.model.noun


def model_card(project: Project, made: Lineage | None, *, language: str = "en") -> str:
    """Return the card of the model that a verdict judged.

    Raises
    ------
    InputError
        When no model was judged yet.
    """
    if made is None:
        raise InputError("no model was judged yet, so there is no card; run `chainring turn` first")
    verdict = decode(Verdict, made.result)
    built = built_of(project.ring, verdict.challenger)
    lineage = project.ring.ledger.lineage_by_id(built.model.execution)
    trees, data = project.ring.runner.trees, built.dataset.noun
    found = Carded(
        project=project,
        built=built,
        verdict=verdict,
        evaluation=evaluations(project, made).get(verdict.challenger),
        steps=[] if lineage is None else list(ancestry(project.ring, lineage)),
        rows=read_rows(trees.open(data.address), "train", "validation")
        if trees.has(data.address)
        else [],
    )
    say = WORDS[language]
    sections: dict[str, str] = {
        "use": bullets(_use(found, say)),
        "data": bullets(_data(found, say)),
        "came from": bullets(_ancestors(found, say)),
        "figures": "\n\n".join(_figures(found, say)),
        "limits": bullets(_limits(found, say)),
        "privacy": bullets(_privacy(found, say)),
        "cost": bullets(_cost(found, say)),
        "again": bullets(_again(found, say)),
    }
    body = [f"# {say['title']}: {found.model.app}"]
    body += [f"## {say[key]}\n\n{text}" for key, text in sections.items()]
    return _front(found) + "\n\n".join(body) + "\n"


def _front(found: Carded) -> str:
    model, judged = found.model, found.evaluation
    headline = TASKS[model.task].headline
    return front_matter(
        languages=model.languages,
        licences=found.built.dataset.noun.licences,
        bases=[(one.name, one.licence) for one in model.ancestors if one.role == "base"],
        task=model.task,
        app=model.app,
        figure=None if judged is None else judged.metrics.get(headline, judged.accuracy),
        metric=headline if judged is not None and headline in judged.metrics else "accuracy",
        suite="" if judged is None else judged.suite,
    )


def _use(found: Carded, say: Mapping[str, str]) -> Iterator[str]:
    model, forms = found.model, found.built.forms.noun
    does = say["does" if model.labels else "does written"]
    yield does.format(task=_word(model.task, say), labels=len(model.labels), part=model.part)
    yield say["languages"].format(names=_listed([_word(one, say) for one in model.languages], say))
    yield from _by_cost(found, say)
    if model.threshold:
        yield say["passes on"].format(threshold=f"{model.threshold:.3f}")
    yield say["served as"].format(form=forms.served.name, speed=f"{forms.served.texts_per_s:,.0f}")
    yield say["meant for"]


def _by_cost(found: Carded, say: Mapping[str, str]) -> Iterator[str]:
    """Yield how a model chooses by cost, and the prices; nothing where it does not, or is gone."""
    trees = found.project.ring.runner.trees
    if not trees.has(found.model.address):
        return
    readout = read_card(trees.open(found.model.address)).readout
    if readout.costs:
        yield in_language(said_by_cost(readout), say["code"])
        yield in_language(said_prices(readout), say["code"])


def _data(found: Carded, say: Mapping[str, str]) -> Iterator[str]:
    data = found.built.dataset.noun
    splits = _listed([f"{_word(name, say)} {n:,}" for name, n in data.splits.items() if n], say)
    yield say["data set"].format(address=short(data.address), splits=splits)
    train = [row for row in found.rows if row.split == "train"]
    rows: dict[Kind, Mapping[str, int]] = {
        "language": Counter(row.language or "und" for row in train),
        "source": Counter(row.source for row in train),
        "licence": Counter(
            one or say["unknown"] for row in train for one in licences_in(row.licence)
        ),
        "consent": Counter(row.consent or say["unknown"] for row in train),
        "label": label_counts(train, data.task),
    }
    for kind, counts in rows.items():
        if counts:
            told = _counted(counted(counts, say["code"], kind=kind), say)
            yield f"{say[f'by {kind}']}{told}"
    taught = sum(bool(row.feedback) for row in train)
    yield say["from feedback"].format(n=f"{taught:,}")
    for act in forgotten(found.project.ring, found.model.address):
        yield say["forgotten"].format(n=act["rows"], at=act["at"])


def _ancestors(found: Carded, say: Mapping[str, str]) -> Iterator[str]:
    for one in found.model.ancestors:
        yield say["ancestor"].format(
            role=say.get(one.role, one.role),
            name=base_name(one.name, say["code"]),
            licence=one.licence,
            digest=one.digest,
        )
    if not found.model.ancestors:
        yield say["from nothing"]
    for rival in found.model.rivals:
        standing = percent(rival.accuracy, rival.low, rival.high) if rival.rows else "–"
        won = f" ({say['won']})" if rival.won else ""
        because = in_language(rival.because, say["code"])
        yield f"{rival.part} {standing}{won}{say['colon']}{because}"


def _figures(found: Carded, say: Mapping[str, str]) -> Iterator[str]:
    judged = found.evaluation
    if judged is None:
        yield say["not judged"]
        return
    yield say["judged on"].format(suite=short(judged.suite), rows=f"{judged.accuracy.rows:,}")
    form = TASKS[judged.task].form
    worth = say["share" if form == "one" else "worth"]
    head = f"| {say['what']} | {worth} | {say['rows']} |\n| --- | --- | ---: |"
    lines = [_line(say["right"], judged.accuracy)]
    lines += [
        f"| {name.replace('_', ' ')} | {_figure(measured, say)} | {measured.rows:,} |"
        for name, measured in judged.metrics.items()
        if not name.startswith("f1:")
    ]
    outcomes = _outcomes(found, form)
    slices = {
        name: share
        for name, share in judged.slices.items()
        if not (outcomes and name.startswith("label:"))
    }
    sizes = {name: share for name, share in slices.items() if share.rows >= MIN_SLICE_ROWS}
    kept = sorted(sizes.items(), key=lambda one: (_rank(one[0]), one[1].estimate))
    lines += [_line(_slice(name, say), share) for name, share in kept[:MOST_SLICES]]
    yield "\n".join([head, *lines])
    tables, unshown = label_tables(outcomes, form, say)
    yield from tables
    left = len(slices) - min(len(kept), MOST_SLICES) + unshown
    told = [] if judged.metrics else [f"macro F1 {judged.macro_f1:.3f}"]
    if is_sure(judged.task):
        told += [calibration_told(say["calibration"], judged, say)]
    told += [say["passed"].format(share=f"{100 * judged.passed_on:.1f}%")]
    if judged.out_of_scope_recall is not None:
        told.append(say["outside"].format(share=f"{100 * judged.out_of_scope_recall:.1f}%"))
    told += [say["left"].format(n=left, rows=MIN_SLICE_ROWS)] if left else []
    dropped = sum(judged.dropped.values())
    told += [say["dropped"].format(n=dropped)] if dropped else []
    told.append(say["verdict"].format(value=_word(found.verdict.value, say)))
    yield bullets(told)


def _outcomes(found: Carded, form: Form) -> list[Outcome]:
    """Return the outcomes that figures of labels are counted from; none where there are none."""
    judged, trees = found.evaluation, found.project.ring.runner.trees
    if judged is None or form not in LABELLED or not trees.has(judged.address):
        return []
    return judged_rows(trees.open(judged.address))


def _limits(found: Carded, say: Mapping[str, str]) -> Iterator[str]:
    yield say["knows"]
    yield from (in_language(one, say["code"]) for one in found.model.limits)
    train = [row for row in found.rows if row.split == "train"]
    counts = label_counts(train, found.built.dataset.noun.task)
    rare = sorted(label for label, n in counts.items() if n < FEW_ROWS)
    if rare:
        yield say["rare"].format(rows=FEW_ROWS, labels=_listed(rare[:MOST_SLICES], say))
    if found.model.labels and OUT_OF_SCOPE not in found.model.labels:
        yield say["no outside"]
    if found.evaluation is not None:
        weak = [
            f"{name.partition(':')[2]} {100 * share.estimate:.0f}%"
            for name, share in found.evaluation.slices.items()
            if name.startswith(("label:", "language:", "protected:"))
            and share.rows >= MIN_SLICE_ROWS
            and share.high < found.evaluation.accuracy.low
        ]
        if weak:
            yield say["weak"].format(names=_listed(sorted(weak), say))
    yield say["no decision"]


def _privacy(found: Carded, say: Mapping[str, str]) -> Iterator[str]:
    from chainring.text.redact import RULES

    privacy = found.project.ring.recipe.privacy
    yield say["redacted" if privacy.redact else "not redacted"].format(rules=RULES)
    yield say["log"].format(log=_word(privacy.log, say), days=privacy.retention_days)
    epsilon = found.model.privacy_epsilon
    yield say["no epsilon"] if epsilon is None else say["epsilon"].format(value=f"{epsilon:g}")


def _cost(found: Carded, say: Mapping[str, str]) -> Iterator[str]:
    for row in reversed(found.steps):
        yield say["step cost"].format(
            step=_word(row.step, say),
            cpu=f"{row.cpu_s:,.1f}",
            seconds=f"{row.duration_s:,.1f}",
            memory=f"{row.peak_memory_mib:,.0f}",
        )
    cpu = sum(row.cpu_s for row in found.steps)
    yield say["whole cost"].format(cpu=f"{cpu:,.0f}")


def _again(found: Carded, say: Mapping[str, str]) -> Iterator[str]:
    model = found.model
    made = found.steps[0] if found.steps else None
    yield say["address"].format(address=model.address)
    yield say["made at"].format(at="–" if made is None else moment(made.started))
    yield say["recipe"].format(digest=digest(model.settings), seed=model.seed)
    yield say["versions"] + _listed([f"{k} {v}" for k, v in sorted(model.versions.items())], say)
    yield say["rebuild"].format(address=short(found.built.dataset.noun.address))
    yield say["cite"].format(app=model.app, address=short(model.address))


def _rank(name: str) -> int:
    """Return where a kind of slice stands in the table; labels are many and come last."""
    kinds = ("part", "language", "source", "protected", "label")
    kind = name.partition(":")[0]
    return kinds.index(kind) if kind in kinds else 0


def _slice(name: str, say: Mapping[str, str]) -> str:
    kind, _, value = name.partition(":")
    if kind in ("part", "language"):
        value = _word(value, say)
    elif kind == "source":
        value = house_term(value, say["code"], kind="source")
    return f"{say.get(f'slice {kind}', kind)} {in_cell(value)}"


def _word(name: str, say: Mapping[str, str]) -> str:
    return house_word(name, say["code"])


def _counted(counts: Counter[str], say: Mapping[str, str]) -> str:
    found = counts.most_common()
    told = [f"{name} {n:,}" for name, n in found[:MOST_SLICES]]
    rest = len(found) - MOST_SLICES
    return _listed([*told, say["more"].format(n=rest)] if rest > 0 else told, say)


def _listed(values: Sequence[str], say: Mapping[str, str]) -> str:
    return say["comma"].join(in_cell(value) for value in values) or say["nothing"]


def _figure(measured: Share, say: Mapping[str, str]) -> str:
    return in_language(figure(measured), say["code"])


def _line(name: str, share: Share) -> str:
    return f"| {name} | {percent(share.estimate, share.low, share.high)} | {share.rows:,} |"
