"""Why: from an answer to the model, the data set, the rows and their licences, and onwards.

Enters the id of a prediction, leaves a dict for people and programs alike: what answered, what it
was made of, the nearest training rows, what people said of the answer, and which later model
learnt from that. Texts are shown only to whoever may see them, and so is what is computed from
them: without sight of a row nobody is told how like it is, or where it stands. Who sees no texts at
all is not told which rows are near or how many there are, either: a correction that teaches becomes
one, a correction that judges does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chainring.contracts.access import row_facts
from chainring.contracts.codec import decode
from chainring.contracts.dataset import Row
from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import UnknownNameError
from chainring.contracts.feedback import Feedback, is_in_words
from chainring.contracts.label import Label
from chainring.contracts.lineage import Lineage
from chainring.contracts.model import Model
from chainring.contracts.prediction import Prediction
from chainring.contracts.request import Request
from chainring.contracts.values import both
from chainring.feedback.settings import FeedbackSettings
from chainring.ring.built import CHAMPION, Ring, current, forgotten_of
from chainring.ring.lessons import day, lessons
from chainring.ring.passages import Passages
from chainring.ring.sentences import kept
from chainring.ring.sight import Sight, feedback_facts, request_facts
from chainring.store.tables import read_rows

NEAREST = 5


def why(ring: Ring, prediction: str, *, sight: Sight) -> dict[str, Any]:
    """Return where an answer came from and what came of it.

    Parameters
    ----------
    prediction
        Id of a served answer.
    sight
        What the caller may be shown; a row whose text is withheld has its id and licence only.

    Raises
    ------
    UnknownNameError
        When no answer with this id was logged.
    """
    answered = ring.traffic.prediction(prediction)
    if answered is None:
        raise UnknownNameError("prediction", prediction, None)
    chain = facts(ring, answered)
    said = ring.traffic.feedback_on(prediction)
    text = ring.traffic.text(prediction)
    shown = sight.text(text, *request_facts(answered, said, ring.recipe.feedback))
    learnt = lessons(ring, answered, said, sight=sight, texts=shown is not None)
    passages = Passages(ring, sight)
    near = (
        nearest(
            ring, chain["dataset"]["address"], both(text or "", answered.given_pair), sight=sight
        )
        if sight.sees
        else []
    )
    if not sight.sees:  # the parts grow with what teaches and with what judges
        chain["model"]["rivals"] = [{"part": one["part"]} for one in chain["model"]["rivals"]]
        chain["dataset"]["splits"] = {}
        chain["forgotten"] = []
    return {
        "prediction": answered.id,
        "text": shown,
        "answer": _answer(answered, sight)
        | _beside(answered, shown, passages)
        | read_from(answered, passages, sight=sight),
        **chain,
        "nearest": near,
        "feedback": [_feedback(row, sight, ring.recipe.feedback) for row in said],
        "reviewed": [
            {
                "label": label.value if shown is not None or not label.private else None,
                "state": label.state,
                "must": label.must,
            }
            for label in (_reviews(ring, prediction, said) if sight.sees else ())
        ],
        "learnt": learnt,
        "now": now(ring, text, pair=answered.given_pair, texts=shown is not None),
    }


def facts(ring: Ring, answered: Prediction) -> dict[str, Any]:
    """Return model, data set, steps and who promoted it: the part that only asks the ledger."""
    made = ring.ledger.lineage_of_tree(answered.model)
    if made is None:
        raise UnknownNameError("model", answered.model, None)
    model = decode(Model, made.result)
    chain = list(ancestry(ring, made))
    return {
        "model": {
            "address": model.address,
            "part": model.part,
            "form": answered.form,
            "seed": model.seed,
            "ancestors": [
                {"name": a.name, "role": a.role, "licence": a.licence} for a in model.ancestors
            ],
            "rivals": [
                {"part": r.part, "accuracy": r.accuracy, "because": r.because} for r in model.rivals
            ],
        },
        "dataset": _dataset(chain),
        "promotions": list(_promotions(ring, answered.model)),
        "forgotten": forgotten(ring, answered.model),
        "steps": [
            {
                "step": row.step,
                "execution": row.id,
                "at": day(row.started),
                "duration_s": round(row.duration_s, 2),
                "cpu_s": round(row.cpu_s, 2),
                "peak_memory_mib": round(row.peak_memory_mib),
            }
            for row in chain
        ],
    }


def forgotten(ring: Ring, model: str) -> list[dict[str, Any]]:
    """Return the acts of forgetting that took rows which a model had learnt from, oldest first."""
    return [
        {"act": act.id, "at": day(act.at), "rows": act.models[model]}
        for act in forgotten_of(ring, model)
    ]


def ancestry(ring: Ring, made: Lineage) -> Iterator[Lineage]:
    """Yield an execution and all it was made from, each once, nearest first."""
    waiting, seen = [made], {made.id}
    while waiting:
        row = waiting.pop(0)
        yield row
        for identifier in row.inputs:
            if identifier not in seen:
                seen.add(identifier)
                parent = ring.ledger.lineage_by_id(identifier)
                if parent is not None:
                    waiting.append(parent)


def nearest(
    ring: Ring, dataset: str, text: str | None, *, sight: Sight, count: int = NEAREST
) -> list[dict[str, Any]]:
    """Return the training rows whose words and characters are nearest to a text.

    Those that may be seen by their likeness, then the others by their ids.
    """
    if not text or not ring.runner.trees.has(dataset):
        return []
    from chainring.text.ngrams import features  # a turn needs none of its expressions

    asked = set(features(text))
    rows = read_rows(ring.runner.trees.open(dataset), "train")
    scored = [(_overlap(asked, set(features(both(row.text, row.pair)))), row) for row in rows]
    scored.sort(key=lambda pair: (-pair[0], pair[1].id))
    found = [(_row(row, sight), likeness) for likeness, row in scored[:count]]
    seen = [row | {"likeness": round(likeness, 3)} for row, likeness in found if "text" in row]
    return seen + sorted((row for row, _ in found if "text" not in row), key=lambda row: row["id"])


def read_from(
    answered: Prediction, passages: Passages, *, sight: Sight
) -> dict[str, dict[str, Any]]:
    """Return the record that was looked up and answered from, with its licence if known here."""
    if not answered.read_from:
        return {}
    row = passages.row(answered)
    told = row is not None and (sight.sees or not row.feedback)
    return {"read_from": _row(row, sight) if told and row else {"id": answered.read_from}}


def now(
    ring: Ring, text: str | None, *, pair: str = "", texts: bool = True
) -> dict[str, Any] | None:
    """Return what the champion of this moment answers to the same text.

    Without `texts` what it writes is left out: it comes from a text that may not be seen.
    """
    _, champion = current(ring)
    if champion is None or not text:
        return None
    folder = ring.runner.trees.open(champion.form)
    with ring.runner.open_predictor(folder, engine=champion.engine) as predictor:
        answer = predictor.predict([Request(text=text, pair=pair)])[0]
    return {
        "model": champion.model,
        "label": answer.label,
        **({"output": answer.output} if answer.output and texts else {}),
        "confidence": round(answer.confidence, 4),
        "passed_on": answer.passed_on,
    }


def _dataset(chain: Sequence[Lineage]) -> dict[str, Any]:
    from chainring.contracts.dataset import Dataset

    row = next(row for row in chain if row.step == "dataset")
    dataset = decode(Dataset, row.result)
    return {
        "address": dataset.address,
        "splits": dataset.splits,
        "languages": list(dataset.languages),
        "licences": list(dataset.licences),
        "execution": row.id,
    }


def _promotions(ring: Ring, model: str) -> Iterator[dict[str, Any]]:
    for ref in reversed(ring.ledger.ref_history(CHAMPION)):
        deployment = decode(Deployment, ref.body)
        if deployment.model == model:
            yield {
                "version": ref.number,
                "by": ref.by,
                "reason": kept(ref.reason),
                "measure": deployment.measure,
                "at": day(ref.at),
            }


def _reviews(ring: Ring, prediction: str, said: Sequence[Feedback]) -> list[Label]:
    about = dict.fromkeys((prediction, *(row.id for row in said)))
    return [one for name in about for one in ring.ledger.facts("label", Label, about=name)]


def _answer(answered: Prediction, sight: Sight) -> dict[str, Any]:
    """Return what was answered; who sees no texts is not told whether it judges."""
    return {
        "label": answered.label,
        "confidence": round(answered.confidence, 4),
        "passed_on": answered.passed_on,
        "language": answered.language,
        **({"holdout": answered.holdout} if sight.sees else {}),
        "at": day(answered.at),
    }


def _beside(answered: Prediction, text: str | None, passages: Passages) -> dict[str, Any]:
    """Return the second text and the output, to whoever may see the text."""
    if text is None:
        return {}
    found = {"pair": passages.pair(answered), "output": answered.output}
    return {name: value for name, value in found.items() if value}


def _feedback(row: Feedback, sight: Sight, settings: FeedbackSettings) -> dict[str, Any]:
    texts = sight.may(feedback_facts(row, settings))
    own = row.private or is_in_words(row.kind, row.value)  # a person's own words
    value = row.value if texts or not own else ""
    shown = {"kind": row.kind, "value": value, "at": day(row.at)}
    shown |= {"id": row.id} if sight.sees else {}  # whoever has it may read the case it opened
    return shown | ({"comment": row.comment, "author": row.author} if texts else {})


def _row(row: Row, sight: Sight) -> dict[str, Any]:
    """Return a row as a caller may see it: its papers at least, its text and place if possible."""
    shown = {
        "id": row.id,
        **({"label": row.label} if sight.sees else {}),
        "licence": row.licence,
        "language": row.language,
        **({"from_feedback": bool(row.feedback)} if sight.sees else {}),
    }
    text = sight.text(row.text, row_facts(row))
    if text is None:
        return shown
    beside = {"pair": row.pair, "target": row.target, "rejected": row.rejected}
    told = {name: value for name, value in beside.items() if value}
    return shown | {"source": row.source, "text": text} | told


def _overlap(asked: set[str], found: set[str]) -> float:
    return len(asked & found) / max(1, len(asked | found))
