"""The report: one self-contained HTML page about a ring, English or Chinese, nothing from outside.

Enters an opened project, leaves a file: accuracy per turn with intervals, the last verdict in
words, candidates, confusion, calibration, feedback and satisfaction, time and cost per step.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from chainring.contracts.codec import decode
from chainring.contracts.errors import UnknownNameError
from chainring.contracts.evaluation import Evaluation, Outcome
from chainring.contracts.forms import Forms
from chainring.contracts.lineage import Lineage
from chainring.contracts.model import Model, Rival
from chainring.contracts.verdict import Verdict
from chainring.deployment.http.verbs import Day, History
from chainring.ring.gate.readable import readable
from chainring.software.history import evaluations, history
from chainring.software.report_words import WORDS
from chainring.software.telling import percent, short
from chainring.stats.calibration import reliability
from chainring.stats.charts import (
    Bar,
    Point,
    Series,
    Stack,
    bar_chart,
    confusion_chart,
    line_chart,
    reliability_chart,
    stacked_bars,
)
from chainring.store.files import write_durably
from chainring.store.tables import read_table

if TYPE_CHECKING:
    from chainring.software.api import Project

STYLE = """
:root{color-scheme:light dark;--paper:#f7f6f3;--card:#fff;--ink:#1f2933;--muted:#5a6672;
--grid:#e6e8eb;--accent:#1b6f78;--bad:#b03a2e;--series-2:#b5752a;--series-3:#4c8f63}
@media(prefers-color-scheme:dark){:root{--paper:#12161a;--card:#1a2026;--ink:#e7ebef;
--muted:#a0acb8;--grid:#2c353d;--accent:#62bcc5;--bad:#ef8f83;--series-2:#dfa45b}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,
"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{max-width:1100px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:28px;margin:0 0 4px}h2{font-size:19px;margin:40px 0 12px}
.lead{color:var(--muted);margin:0}
.grid{display:grid;gap:20px;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr))}
.card{background:var(--card);border-radius:12px;padding:18px;overflow-x:auto}
.card svg{width:100%;height:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:6px 10px 6px 0;border-bottom:1px solid var(--grid);
vertical-align:top}
th{color:var(--muted);font-weight:500}td.n{text-align:right;font-variant-numeric:tabular-nums}
.card h1{font-size:20px}.card h2{font-size:16px;margin:24px 0 8px}.card{overflow-wrap:anywhere}
"""


def write_report(project: Project, path: Path, *, language: str = "en") -> Path:
    """Write the report and return its path; UnknownNameError when the language is not ours."""
    if language not in WORDS:
        raise UnknownNameError("language", language, WORDS)
    page = "".join(_page(project, WORDS[language], language))
    write_durably(path, page.encode())
    return path


def _page(project: Project, say: dict[str, str], language: str) -> Iterator[str]:
    past = history(project)
    made = _last_verdict(project)
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    title = f"{project.app} · {say['title']}"
    yield f"<!doctype html><html lang={language}><meta charset=utf-8>"
    yield "<meta name=viewport content='width=device-width,initial-scale=1'>"
    yield f"<title>{escape(title)}</title><style>{STYLE}</style><main>"
    yield f"<h1>{escape(title)}</h1><p class=lead>{escape(_lead(past, say))} · {now}</p>"
    yield from section(say["turns"], [_accuracy(past, say), *_languages(past, say)])
    if made is not None:
        verdict = decode(Verdict, made.result)
        yield from section(say["verdict"], [markdown(readable(verdict, language=language))])
        yield from section(say["quality"], list(_quality(project, made, verdict, say)))
        yield from section(say["candidates"], list(_candidates(project, verdict, say)))
    yield from section(say["users"], [_feedback(past.days, say), _satisfaction(past.days, say)])
    yield from section(say["cost"], list(_cost(project, say)))
    yield "</main></html>"


def markdown(text: str) -> str:
    """Return Markdown as HTML; markup inside it is shown, not run."""
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))


def section(title: str, cards: Sequence[str]) -> Iterator[str]:
    """Yield a heading and cards side by side."""
    yield f"<h2>{escape(title)}</h2><div class=grid>"
    yield from (f"<div class=card>{card}</div>" for card in cards)
    yield "</div>"


def _lead(past: History, say: dict[str, str]) -> str:
    if past.champion is None:
        return say["no champion"]
    serves = say["serves"].format(model=short(past.champion.model), form=past.champion.form)
    return f"{serves} · {len(past.turns)} {say['turns'].lower()}"


def _last_verdict(project: Project) -> Lineage | None:
    rows = project.ring.ledger.all_lineage(step="verdict")
    return rows[-1] if rows else None


def _accuracy(past: History, say: dict[str, str]) -> str:
    lines = []
    for name in ("challenger", "champion"):
        points = [
            Point(x=str(turn.number), y=share.estimate, low=share.low, high=share.high)
            for turn in past.turns
            if (share := turn.accuracy if name == "challenger" else turn.champion) is not None
        ]
        lines.append(Series(name=say[name], points=tuple(points)))
    return line_chart(
        lines,
        title=say["accuracy"],
        x_label=say["turn"],
        y_label=say["interval"],
        x_values=[str(turn.number) for turn in past.turns] or None,
        empty=say["empty"],
    )


def _languages(past: History, say: dict[str, str]) -> Iterator[str]:
    found: dict[str, list[Point]] = defaultdict(list)
    for turn in past.turns:
        for language, share in turn.languages.items():
            found[language].append(
                Point(x=str(turn.number), y=share.estimate, low=share.low, high=share.high)
            )
    if len(found) > 1:
        yield line_chart(
            [Series(name=name, points=tuple(points)) for name, points in sorted(found.items())],
            title=say["by language"],
            x_label=say["turn"],
            y_label=say["interval"],
            empty=say["empty"],
        )


def _quality(
    project: Project, made: Lineage, verdict: Verdict, say: dict[str, str]
) -> Iterator[str]:
    found = evaluations(project, made).get(verdict.challenger)
    if found is None or not project.ring.runner.trees.has(found.address):
        return
    folder = project.ring.runner.trees.open(found.address)
    cells = json.loads((folder / "confusion.json").read_text(encoding="utf-8"))
    wrong = [(t, p, int(n)) for t, p, n in cells if t != p]
    yield confusion_chart(wrong, title=say["confusion"], empty=say["empty"])
    rows = [row for row in read_table(Outcome, folder) if row.part != "reacted"]
    bins = reliability([r.confidence for r in rows], [r.right for r in rows], bins=10)
    yield reliability_chart(
        bins,
        title=say["calibration"],
        x_label=say["confidence"],
        y_label=say["right"],
        count_label=say["answers"],
        empty=say["empty"],
    )
    yield _slices(found, say)


def _slices(evaluation: Evaluation, say: dict[str, str]) -> str:
    labels = sorted(
        (share.estimate, name.partition(":")[2], share)
        for name, share in evaluation.slices.items()
        if name.startswith("label:")
    )
    rows = [(escape(name), percent(share)) for _, name, share in labels[:12]]
    return table((say["hardest"], say["accuracy"]), rows)


def _candidates(project: Project, verdict: Verdict, say: dict[str, str]) -> Iterator[str]:
    made = project.ring.ledger.lineage_of_tree(verdict.challenger)
    if made is None:
        return
    model = decode(Model, made.result)
    rows = [
        (
            escape(r.part),
            f"{r.accuracy:.1%}" if r.rows else "–",
            f"{r.cpu_s:.0f}",
            escape(r.because),
        )
        for r in model.rivals
    ]
    yield table((say["candidate"], say["validation"], "CPU s", say["because"]), rows)
    for row in reversed(project.ring.ledger.all_lineage(step="forms")):
        forms = decode(Forms, row.result)
        if forms.model == model.address:
            lines = [
                (
                    escape(f.name) + (" ✓" if f.name == forms.chosen else ""),
                    f"{f.texts_per_s:,.0f}",
                    f"{f.bytes / 1e6:.1f}",
                    escape(f.because),
                )
                for f in forms.forms
            ]
            yield table((say["form"], say["speed"], "MB", say["because"]), lines)
            return


def _standing(rival: Rival) -> str:
    return f"{rival.accuracy:.1%}" if rival.rows else "–"


def _feedback(days: Sequence[Day], say: dict[str, str]) -> str:
    stacks = [
        Stack(
            label=day.day,
            parts={say.get(kind, kind): float(n) for kind, n in sorted(day.feedback.items())},
        )
        for day in days[-14:]
    ]
    return stacked_bars(stacks, title=say["feedback"], empty=say["empty"])


def _satisfaction(days: Sequence[Day], say: dict[str, str]) -> str:
    def share(name: str, part: int, whole: int) -> Point | None:
        return Point(x=name, y=part / whole) if whole else None

    rated, confirmed, passed = [], [], []
    for day in days:
        said = day.feedback.get("confirmation", 0)
        judged = said + day.feedback.get("correction", 0)
        rated.append(share(day.day, day.thumbs_up, day.thumbs_up + day.thumbs_down))
        confirmed.append(share(day.day, said, judged))
        passed.append(share(day.day, day.passed_on, day.predictions))
    lines = [
        Series(name=say[name], points=tuple(p for p in points if p is not None))
        for name, points in (
            ("thumbs up", rated),
            ("confirmed", confirmed),
            ("passed on", passed),
        )
    ]
    return line_chart(
        lines,
        title=say["satisfaction"],
        intervals=False,
        x_values=[day.day for day in days] or None,
        empty=say["empty"],
    )


def _cost(project: Project, say: dict[str, str]) -> Iterator[str]:
    seconds: dict[str, float] = defaultdict(float)
    peak: dict[str, float] = defaultdict(float)
    for row in project.ring.ledger.all_lineage():
        seconds[row.step] += row.cpu_s
        peak[row.step] = max(peak[row.step], row.peak_memory_mib)
    for title, values in (("cpu", seconds), ("memory", peak)):
        bars = [Bar(label=step, value=round(value, 1)) for step, value in values.items()]
        yield bar_chart(bars, title=say[title], empty=say["empty"])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the cells are HTML already, the head is text."""
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><tr>{cells}</tr>{body}</table>"
