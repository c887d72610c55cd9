"""Plain sentences about what happened, in both languages, for the command line and the tour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from chainring.contracts.codec import decode
from chainring.contracts.evaluation import Evaluation, Share
from chainring.contracts.forms import Forms
from chainring.contracts.lineage import Lineage
from chainring.contracts.model import Model
from chainring.contracts.said import Said, joined
from chainring.contracts.tasks import TASKS
from chainring.contracts.verdict import Comparison, Verdict
from chainring.ring.gate.conditions import BETTER
from chainring.ring.gate.sentences import equals, said_twice, word
from chainring.ring.gate.sentences import figure as figure_of
from chainring.ring.gate.sentences import say as said_by_the_gate
from chainring.ring.turn import Turn
from chainring.ring.why import forgotten
from chainring.software.telling.data_words import reason
from chainring.software.telling.result_words import own, say, words

if TYPE_CHECKING:
    from chainring.software.api import Project

LONGEST_SAID = 300
"""Characters of a written answer that `why` shows."""


def tell_turn(project: Project, turn: Turn) -> Iterator[str]:
    """Yield what a turn did, in the order of the ring."""
    if turn.outcome == "nothing changed":
        yield say("unchanged")
        yield from filter(None, [turn.unmirrored])
        return
    ledger = project.ring.ledger
    rows = [row for row in ledger.all_lineage() if row.turn == turn.id]
    for row in rows:
        if row.step == "model":
            model = decode(Model, row.result)
            yield from tell_model(model) if model.address == turn.model else ()
        elif row.step == "forms":
            forms = decode(Forms, row.result)
            yield from tell_forms(forms) if forms.model == turn.model else ()
        elif row.step == "evaluation":
            evaluation = decode(Evaluation, row.result)
            yield tell_evaluation(evaluation, who=_who(evaluation.model, turn, rows))
        elif row.step == "verdict":
            yield from tell_verdict(decode(Verdict, row.result))
    if turn.outcome == "held" and "person" in turn.because:
        yield say("held", because=turn.because)
    yield from _tell_forgotten(project, turn)
    cpu = sum(row.cpu_s for row in rows)
    yield say(
        "ended by form" if turn.because.startswith("form ") else "ended",
        outcome=turn.outcome,
        because=turn.because,
        seconds=f"{turn.duration_s:.0f}",
        cpu=f"{cpu:.0f}",
        steps=words(turn.steps),
    )
    yield from filter(None, [turn.unmirrored])


def _tell_forgotten(project: Project, turn: Turn) -> Iterator[str]:
    """Say when a model that learnt from forgotten rows goes on serving though there is another."""
    gone = {name: forgotten(project.ring, name) for name in (turn.champion, turn.model)}
    if turn.outcome == "held" and gone[turn.champion] and not gone[turn.model]:
        yield say("forgotten held", model=short(turn.model))


def tell_model(model: Model) -> Iterator[str]:
    """Yield how the candidates stood on validation."""
    for rival in model.rivals:
        share = Share(estimate=rival.accuracy, low=rival.low, high=rival.high, rows=rival.rows)
        standing = percent(share) if rival.rows else say("not trained")
        mark = "won" if rival.won else "lost"
        yield say(mark, part=rival.part, standing=standing, because=rival.because)


def tell_forms(forms: Forms) -> Iterator[str]:
    """Yield which forms can be served, and which will be."""
    for form in forms.forms:
        mark = "served" if form.name == forms.chosen else "kept" if form.accepted else "refused"
        yield say(
            "form",
            form=form.name,
            engine=form.engine,
            mark=mark,
            speed=f"{form.texts_per_s:,.0f}",
            size=f"{form.bytes / 1e6:.1f}",
            because=form.because,
        )
    for name, because in forms.left_out.items():
        yield say("form left out", form=name, because=because)


def _who(model: str, turn: Turn, rows: list[Lineage]) -> str:
    verdicts = [decode(Verdict, row.result) for row in rows if row.step == "verdict"]
    if model == turn.model:
        return "challenger"
    return "champion" if not verdicts or model == verdicts[-1].champion else "placebo"


def tell_evaluation(evaluation: Evaluation, *, who: str) -> str:
    """Return the accuracy of one model on the suite, by language."""
    slices = [
        f"{name.partition(':')[2]} {share.estimate:.1%}"
        for name, share in sorted(evaluation.slices.items())
        if name.startswith("language:")
    ]
    by_language = joined(slices, en=", ", zh="，")
    name = TASKS[evaluation.task].headline
    headline = evaluation.metrics.get(name)
    told = {"who": who, "share": percent(evaluation.accuracy), "languages": by_language}
    if headline is None:
        return say("on the suite", **told)
    return say("on the suite with", name=name.replace("_", " "), figure=figure(headline), **told)


def figure(share: Share) -> Said:
    """Return a figure with its interval: `0.874 (0.841 to 0.902)`."""
    value, low, high = (f"{one:.3f}" for one in (share.estimate, share.low, share.high))
    return say("figure", value=value, low=low, high=high)


def _gate_measured(verdict: Verdict, pooled: Comparison, measured: tuple[float, float]) -> Said:
    """Return the gate's word by another measure than accuracy, and accuracy beside it."""
    measure = verdict.measure.name
    before, now = (figure_of(value, measure) for value in measured)
    return say(
        f"gate by {measure}",
        value=verdict.value,
        before=before,
        now=now,
        rows=pooled.rows,
        gained=pooled.gained,
        lost=pooled.lost,
        p=equals(pooled.p_better),
        least=figure_of(pooled.smallest_detectable, measure),
        was=f"{pooled.champion:.1%}",
        right=f"{pooled.challenger:.1%}",
    )


def tell_verdict(verdict: Verdict) -> Iterator[str]:
    """Yield the gate's word and the conditions that did not hold."""
    pooled = verdict.pooled
    if pooled is not None and pooled.measured is not None:
        yield _gate_measured(verdict, pooled, pooled.measured)
    elif pooled is not None:
        yield say(
            "gate with",
            value=verdict.value,
            before=f"{pooled.champion:.1%}",
            now=f"{pooled.challenger:.1%}",
            rows=pooled.rows,
            gained=pooled.gained,
            lost=pooled.lost,
            p=equals(pooled.p_better),
            points=f"{100 * pooled.smallest_detectable:.1f}",
        )
    else:
        yield say("gate", value=verdict.value)
    if verdict.fix_rate is not None and verdict.placebo_fix_rate is not None:
        placebo = f"{verdict.placebo_fix_rate:.0%}"
        yield say("fixed", now=f"{verdict.fix_rate:.0%}", placebo=placebo)
    is_form = verdict.challenger == verdict.champion  # the same model has to be no worse
    for check in verdict.checks:
        if not check.holds and not (is_form and check.name == BETTER):
            yield say("holds back", check=word(check.name), because=said_twice(check.because))
    if verdict.asks:
        yield joined(["", said_by_the_gate("asks", count=len(verdict.asks))], en="  ", zh="  ")


def tell_why(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the way from an answer to its rows and to the model that learnt from it."""
    asked, model, dataset = found["answer"], found["model"], found["dataset"]
    yield say("answer", id=found["prediction"], at=asked["at"])
    if found["text"]:
        yield say("asked", text=own(with_second(found["text"], asked.get("pair"))))
    passed = "answered passed on" if asked["passed_on"] else "answered"
    yield say(passed, answer=_said(asked), sure=f"{asked['confidence']:.0%}")
    passage = asked.get("read_from")
    if passage and "licence" in passage:
        origin = own(passage["source"]) if "source" in passage else say("withheld")
        yield say("read from", record=passage["id"], origin=origin, licence=passage["licence"])
    elif passage:
        yield say("read from unknown", record=passage["id"])
    yield say("model", model=short(model["address"]), part=model["part"], form=model["form"])
    for one in model["ancestors"]:
        yield say("from", **one)
    for one in found["promotions"]:
        yield say("serving", **one)
    for one in found["forgotten"]:
        yield say("forgotten", **one)
    splits = (say("kind", count=count, kind=name) for name, count in dataset["splits"].items())
    yield say(
        "data set",
        dataset=short(dataset["address"]),
        splits=joined(splits, en=", ", zh="、"),
        licences=", ".join(dataset["licences"]),
    )
    for row in found["nearest"]:
        yield _near(row)
    for said in found["feedback"]:
        value = own(said["value"])
        told = {"id": said.get("id", ""), "kind": said["kind"]}
        yield say("feedback", value=value, **told) if value else say("feedback bare", **told)
    for one in found["reviewed"]:
        label = say("withheld") if one["label"] is None else own(one["label"] or "–")
        yield say("reviewed must" if one["must"] else "reviewed", state=one["state"], label=label)
    for lesson in found["learnt"]:
        state = "promoted" if lesson["promoted"] else "not promoted"
        told = {"model": short(lesson["model"]), "state": state, "at": lesson["at"]}
        if lesson.get("rows"):
            verb = "was taught by it" if lesson["taught"] else "was tested on it"
            yield say("lesson", verb=verb, **told)
        for one in lesson.get("dropped", ()):
            is_near = one["kept"] and one["reason"] == "near-duplicate"
            because = {**one, "reason": reason(one["reason"])}
            yield say("near lesson" if is_near else "no lesson", **because, **told)
    if found["now"] is not None:
        now = found["now"]
        kind = "today passed on" if now["passed_on"] else "today"
        sure = f"{now['confidence']:.0%}"
        yield say(kind, model=short(now["model"]), answer=_said(now), sure=sure)


def _near(row: Mapping[str, Any]) -> Said:
    """Return the line of a training row that is near to what was asked."""
    label = _said({"label": row.get("label"), "output": row.get("target")})
    if "text" not in row:
        return say("near withheld", id=row["id"], label=label, licence=row["licence"])
    return say(
        "near",
        likeness=f"{row['likeness']:.2f}",
        label=label,
        origin="feedback" if row["from_feedback"] else own(row["source"]),
        licence=row["licence"],
        text=own(f"  {with_second(row['text'], row.get('pair'))}"),
    )


def with_second(text: str, pair: str | None) -> str:
    """Return a text and, behind a bar, the second one that stands beside it.

    >>> with_second("where is it", "when will it come")
    'where is it | when will it come'
    """
    return f"{text} | {pair}" if pair else text


def _said(answer: Mapping[str, Any]) -> Said:
    """Return what an answer says on one line: its label, or the text or number that it is."""
    found = answer["label"] or answer.get("output")
    line = " ".join(str(found or "").split())
    if not line:
        return say("withheld")
    return own(line if len(line) <= LONGEST_SAID else f"{line[:LONGEST_SAID]}…")


def tell_status(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield who serves, the traffic, and whether a turn is due."""
    champion = found["champion"]
    if champion is None:
        yield say("unserved", app=found["app"], because=found["unserved"])
    else:
        yield say(
            "serves",
            app=found["app"],
            version=champion["version"],
            model=short(champion["model"]),
            form=champion["form"],
            by=champion["by"],
            because=champion["because"],
        )
        for form in champion["forms"]:
            if not form["accepted"]:
                yield say("form unserved", form=form["form"], because=form["because"])
        if champion["forgotten"]:
            yield say("learnt from forgotten", rows=champion["forgotten"])
    traffic = dict(found["traffic"])
    answers, passed = traffic.pop("predictions", 0), traffic.pop("passed_on", 0)
    kinds = (say("kinds", count=count, kind=kind) for kind, count in sorted(traffic.items()))
    said = joined(kinds, en=", ", zh="、") or say("no feedback")
    yield say("traffic", answers=answers, passed=passed, said=said)
    if found.get("unlearnt"):
        yield found["unlearnt"]
    if found["open_cases"]:
        yield say("open cases", count=found["open_cases"])
    if own := found.get("package"):
        if own["beside"]:
            yield own["beside"]
        if own["reactions"]:
            yield say("teaches nobody", count=own["reactions"])
    yield say("due" if found["due"] else "not due", because=found["because"])


def tell_champion(model: str) -> Iterator[str]:
    """Yield which model a person put into service."""
    yield say("champion", model=model)


def percent(share: Share) -> Said:
    """Return `81.2 % (79.0-83.2, n=1200)`, in Chinese `81.2%（79.0–83.2，n=1200）`."""
    mean, low, high = (f"{100 * one:.1f}" for one in (share.estimate, share.low, share.high))
    rows = share.rows
    return Said(f"{mean} % ({low}-{high}, n={rows})", zh=f"{mean}%（{low}–{high}，n={rows}）")


def short(address: str) -> str:
    """Return the first 12 digits of an address."""
    return address.partition(":")[2][:12]
