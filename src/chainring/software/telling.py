"""Plain sentences about what happened, for the command line and the tour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from chainring.contracts.codec import decode
from chainring.contracts.evaluation import Evaluation, Share
from chainring.contracts.forms import Forms
from chainring.contracts.lineage import Lineage
from chainring.contracts.model import Model
from chainring.contracts.tasks import TASKS
from chainring.contracts.verdict import Verdict
from chainring.ring.gate.conditions import BETTER
from chainring.ring.gate.sentences import say
from chainring.ring.turn import Turn
from chainring.ring.why import forgotten

if TYPE_CHECKING:
    from chainring.software.api import Project

LONGEST_SAID = 300
"""Characters of a written answer that `why` shows."""


def tell_turn(project: Project, turn: Turn) -> Iterator[str]:
    """Yield what a turn did, in the order of the ring."""
    if turn.outcome == "nothing changed":
        yield "nothing changed"
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
        yield f"held: {turn.because}"
    yield from _tell_forgotten(project, turn)
    cpu = sum(row.cpu_s for row in rows)
    steps = ", ".join(turn.steps)
    what = f" ({turn.because})" if turn.because.startswith("form ") else ""
    yield f"{turn.outcome}{what} in {turn.duration_s:.0f} s ({cpu:.0f} CPU s; steps: {steps})"


def _tell_forgotten(project: Project, turn: Turn) -> Iterator[str]:
    """Say when a model that learnt from forgotten rows goes on serving though there is another."""
    gone = {name: forgotten(project.ring, name) for name in (turn.champion, turn.model)}
    if turn.outcome == "held" and gone[turn.champion] and not gone[turn.model]:
        yield (
            "the champion learnt from rows that were forgotten, this model did not: "
            f"`chainring promote {short(turn.model)} --reason …` serves it"
        )


def tell_model(model: Model) -> Iterator[str]:
    """Yield how the candidates stood on validation."""
    for rival in model.rivals:
        mark = "won " if rival.won else "lost"
        share = Share(estimate=rival.accuracy, low=rival.low, high=rival.high, rows=rival.rows)
        standing = percent(share) if rival.rows else "not trained"
        yield f"candidate {rival.part} {mark} {standing}: {rival.because}"


def tell_forms(forms: Forms) -> Iterator[str]:
    """Yield which forms can be served, and which will be."""
    for form in forms.forms:
        mark = "served" if form.name == forms.chosen else "kept" if form.accepted else "refused"
        yield (
            f"form {form.name} ({form.engine}) {mark}: {form.texts_per_s:,.0f} texts/s, "
            f"{form.bytes / 1e6:.1f} MB; {form.because}"
        )
    for name, because in forms.left_out.items():
        yield f"form {name} left out: {because}"


def _who(model: str, turn: Turn, rows: list[Lineage]) -> str:
    verdicts = [decode(Verdict, row.result) for row in rows if row.step == "verdict"]
    if model == turn.model:
        return "challenger"
    return "champion" if not verdicts or model == verdicts[-1].champion else "placebo"


def tell_evaluation(evaluation: Evaluation, *, who: str) -> str:
    """Return the accuracy of one model on the suite, by language."""
    by_language = ", ".join(
        f"{name.partition(':')[2]} {share.estimate:.1%}"
        for name, share in sorted(evaluation.slices.items())
        if name.startswith("language:")
    )
    name = TASKS[evaluation.task].headline
    headline = evaluation.metrics.get(name)
    told = "" if headline is None else f"; {name.replace('_', ' ')} {figure(headline)}"
    return f"{who} on the suite: {percent(evaluation.accuracy)}; {by_language}{told}"


def figure(share: Share) -> str:
    """Return a figure with its interval: `0.874 (0.841 to 0.902)`."""
    return f"{share.estimate:.3f} ({share.low:.3f} to {share.high:.3f})"


def equals(p: float) -> str:
    """Return `= 0.031`, or `< 0.0001` where more digits would claim too much."""
    return f"= {p:.2g}" if p >= 1e-4 else "< 0.0001"


def tell_verdict(verdict: Verdict) -> Iterator[str]:
    """Yield the gate's word and the conditions that did not hold."""
    pooled = verdict.pooled
    if pooled is not None:
        yield (
            f"gate: {verdict.value}: {pooled.champion:.1%} → {pooled.challenger:.1%} on "
            f"{pooled.rows} rows, {pooled.gained} gained, {pooled.lost} lost, "
            f"p {equals(pooled.p_better)}; it could have shown "
            f"{100 * pooled.smallest_detectable:.1f} points"
        )
    else:
        yield f"gate: {verdict.value}"
    if verdict.fix_rate is not None and verdict.placebo_fix_rate is not None:
        yield (
            f"  complaints of the hold-out now right: {verdict.fix_rate:.0%}; by the placebo, "
            f"trained on the champion's rows alone: {verdict.placebo_fix_rate:.0%} (shown, no test)"
        )
    is_form = verdict.challenger == verdict.champion  # the same model has to be no worse
    for check in verdict.checks:
        if not check.holds and not (is_form and check.name == BETTER):
            yield f"  holds it back: {check.name}: {check.because}"
    if verdict.asks:
        yield "  " + say("asks", count=len(verdict.asks))


def tell_why(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the way from an answer to its rows and to the model that learnt from it."""
    asked, model, dataset = found["answer"], found["model"], found["dataset"]
    yield f"answer     {found['prediction']}  {asked['at']}"
    if found["text"]:
        yield f"  text     {found['text']}"
    passed = ", passed on to a person" if asked["passed_on"] else ""
    yield f"  said     {_said(asked)} ({asked['confidence']:.0%}){passed}"
    yield f"model      {short(model['address'])}  {model['part']}, form {model['form']}"
    for one in model["ancestors"]:
        yield f"  from     {one['name']} ({one['role']}, licence {one['licence']})"
    for one in found["promotions"]:
        yield f"  serving  version {one['version']} by {one['by']}: {one['reason']}, {one['at']}"
    for one in found["forgotten"]:
        yield f"  forgotten {one['rows']} of its rows, {one['at']} ({one['act']})"
    splits = ", ".join(f"{count} {name}" for name, count in dataset["splits"].items())
    licences = ", ".join(dataset["licences"])
    yield f"data set   {short(dataset['address'])}  {splits}; licences: {licences}"
    for row in found["nearest"]:
        origin = "feedback" if row["from_feedback"] else row["source"]
        text = f"  {row['text']}" if "text" in row else ""
        yield f"  near     {row['likeness']:.2f} {row['label']} [{origin}, {row['licence']}]{text}"
    for said in found["feedback"]:
        yield f"feedback   {said['id']}  {said['kind']} {said['value']}".rstrip()
    for lesson in found["learnt"]:
        verb = "was taught by it" if lesson["taught"] else "was tested on it"
        state = "promoted" if lesson["promoted"] else "not promoted"
        yield f"later      {short(lesson['model'])} {verb} ({state}, {lesson['at']})"
    if found["now"] is not None:
        now = found["now"]
        says = "passes it on to a person" if now["passed_on"] else f"says {_said(now)}"
        yield f"today      {short(now['model'])} {says} ({now['confidence']:.0%})"


def _said(answer: Mapping[str, Any]) -> str:
    """Return what an answer says on one line: its label, or the text or number that it is."""
    line = " ".join(str(answer["label"] or answer.get("output") or "(withheld)").split())
    return line if len(line) <= LONGEST_SAID else f"{line[:LONGEST_SAID]}…"


def tell_status(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield who serves, the traffic, and whether a turn is due."""
    champion = found["champion"]
    if champion is None:
        yield f"{found['app']}: {found['unserved']}"
    else:
        yield (
            f"{found['app']}: version {champion['version']} serves ({short(champion['model'])}, "
            f"{champion['form']} form, promoted by {champion['by']}: {champion['because']})"
        )
        for form in champion["forms"]:
            if not form["accepted"]:
                yield f"form {form['form']} does not serve: {form['because']}"
        if champion["forgotten"]:
            yield (
                f"it learnt from {champion['forgotten']} rows that were forgotten since; a turn "
                "makes a model without them"
            )
    traffic = dict(found["traffic"])
    answers, passed = traffic.pop("predictions", 0), traffic.pop("passed_on", 0)
    said = ", ".join(f"{count} {kind}s" for kind, count in sorted(traffic.items())) or "none"
    yield f"answers: {answers} ({passed} passed on to a person); feedback: {said}"
    if found["open_cases"]:
        yield f"open cases: {found['open_cases']} (`chainring cases`)"
    yield f"turn {'is due' if found['due'] else 'is not due'}: {found['because']}"


def percent(share: Share) -> str:
    """Return `81.2 % (79.0-83.2, n=1200)`."""
    low, high = 100 * share.low, 100 * share.high
    return f"{100 * share.estimate:.1f} % ({low:.1f}-{high:.1f}, n={share.rows})"


def short(address: str) -> str:
    """Return the first 12 digits of an address."""
    return address.partition(":")[2][:12]
