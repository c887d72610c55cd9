"""The live page: how the server answers now, the release that runs, and what drifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from chainring.deployment.http.calls import Call
from chainring.deployment.http.pages.layout import heading, page, short, when
from chainring.deployment.http.pages.markup import Markup, group, tag
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.recent import STEP_S, Moment
from chainring.deployment.http.verbs import Load
from chainring.stats.charts import Bar, Point, Series, bar_chart, line_chart

WIDTHS = (("desk", 460.0), ("phone", 320.0))
_SHOWN = 30
_EARLIER = 10


async def watch(call: Call) -> Response:
    """Draw the page; its script draws it again every few seconds."""
    say = Strings(call.language)
    release = await run_in_threadpool(call.verbs.release_standing)
    drift = await run_in_threadpool(call.verbs.drift)
    load, moments = call.verbs.load(), call.house.metrics.recent.moments()[-_SHOWN:]
    return page(
        call,
        heading(say("watch.title"), say("watch.lead")),
        tag("p", id="drawn", class_="hint"),
        tag("p", id="away", class_="trouble", role="alert", hidden=True),
        _tiles(load, moments, say),
        tag("div", *_charts(moments, drift, say), class_="charts"),
        _release(release["release"], say),
        _earlier(release["earlier"], say),
        _cases(drift["cases"], say),
        title=say("watch.title"),
        active="watch",
        script="watch.js",
        words=("watch.drawn", "watch.away"),
        wide=True,
    )


def _tiles(load: Load, moments: Sequence[Moment], say: Strings) -> Markup:
    last = moments[-2] if len(moments) > 1 else Moment(0)  # the newest has not ended yet
    texts = sum(size * count for size, count in load.batches.items())
    batches = sum(load.batches.values())
    mean = f"{texts / batches:.1f}" if batches else "–"
    shadow = sum(load.shadow.values())
    return tag(
        "dl",
        _tile(say("watch.rate"), f"{last.requests / STEP_S:,.1f}", say("watch.last")),
        _tile(say("watch.time"), _ms(last.quantile_ms(0.5)), say("watch.half")),
        _tile(say("watch.queue"), f"{load.queue:,}", say("watch.batch", mean=mean)),
        _tile(say("watch.shadow"), f"{shadow:,}", _shadow(load.shadow, say)),
        class_="tiles",
    )


def _shadow(counts: Mapping[str, int], say: Strings) -> str:
    names = ("answered", "dropped", "failed")
    told = (f"{say(f'watch.{name}')}\N{NO-BREAK SPACE}{counts.get(name, 0):,}" for name in names)
    return " · ".join(told)


def _tile(name: str, value: str, note: str) -> Markup:
    return tag(
        "div",
        tag("dt", name),
        tag("dd", tag("strong", value), tag("span", note, class_="hint")),
        class_="card",
    )


def _charts(moments: Sequence[Moment], drift: Mapping[str, Any], say: Strings) -> list[Markup]:
    return [_both(moments, drift, say, kind=kind) for kind in ("rate", "times", "drift")]


def _both(
    moments: Sequence[Moment], drift: Mapping[str, Any], say: Strings, *, kind: str
) -> Markup:
    """Return a chart twice: letters stay readable on a phone only if it is drawn for one."""
    draw = {"rate": _rates, "times": _times}
    drawn = [
        tag(
            "div",
            Markup(
                _drift(drift, say, width) if kind == "drift" else draw[kind](moments, say, width)
            ),
            class_=name,
        )
        for name, width in WIDTHS
    ]
    return tag("figure", *drawn, class_="card")


def _rates(moments: Sequence[Moment], say: Strings, width: float) -> str:
    requests = _points(moments, lambda one: one.requests / STEP_S)
    failed = _points(moments, lambda one: one.failed / STEP_S)
    lines = [Series(name=say("watch.all"), points=requests)]
    if any(one.failed for one in moments):
        lines.append(Series(name=say("watch.failed"), points=failed))
    return _lines(lines, moments, say, width, kind="rate")


def _times(moments: Sequence[Moment], say: Strings, width: float) -> str:
    lines = tuple(
        Series(name=name, points=_points(moments, lambda one, share=share: one.quantile_ms(share)))
        for name, share in (("p50", 0.5), ("p99", 0.99))
    )
    return _lines(lines, moments, say, width, kind="times")


def _lines(
    lines: Sequence[Series], moments: Sequence[Moment], say: Strings, width: float, *, kind: str
) -> str:
    return line_chart(
        lines if any(one.requests for one in moments) else (),
        title=say(f"watch.chart.{kind}"),
        x_label=say("watch.ago"),
        y_label=say(f"watch.{kind}.unit"),
        x_values=[_ago(place, len(moments)) for place in range(len(moments))] or None,
        percent=False,
        intervals=False,
        empty=say("none_yet"),
        width=width,
        height=240.0,
    )


def _points(moments: Sequence[Moment], value: Any) -> tuple[Point, ...]:
    found = [(_ago(place, len(moments)), value(one)) for place, one in enumerate(moments)]
    return tuple(Point(x=x, y=y) for x, y in found if y is not None)


def _ago(place: int, count: int) -> str:
    return f"{(place - count + 1) * STEP_S:.0f}"


def _drift(drift: Mapping[str, Any], say: Strings, width: float) -> str:
    bars = [
        Bar(label=_question(name, say), value=max(0.0, share))
        for name, share in sorted(drift["evidence"].items(), key=lambda pair: -pair[1])
    ]
    return bar_chart(
        bars[:8],
        title=say("watch.chart.drift"),
        percent=True,
        tone="bad",
        empty=say("watch.learning", n=drift.get("waiting", 0)),
        width=width,
    )


def _question(name: str, say: Strings) -> str:
    question, _, place = name.partition(" · ")
    told = say.known(f"drift.{question}", question)
    return told if place == "all" else f"{told} · {say.known(f'language.{place}', place)}"


def _release(release: Mapping[str, Any] | None, say: Strings) -> Markup:
    if release is None:
        return tag("p", say("watch.no_release"), class_="notice", role="status")
    share = f"{release['share']:.0%}" if release["stage"] == "canary" else ""
    return tag(
        "section",
        tag("h2", say("watch.release")),
        tag(
            "p",
            short(release["candidate"]),
            tag("span", f"{say('stage.' + release['stage'])} {share}".strip(), class_="badge"),
            class_="facts",
        ),
        tag("p", say.told(release["because"])),
        tag(
            "p",
            say(
                "watch.counts",
                answers=f"{release['answers']:,}",
                shadows=f"{release['shadows']:,}",
                labels=f"{release['labels']:,}",
            ),
            class_="hint",
        ),
        class_="card",
    )


def _earlier(earlier: Sequence[Mapping[str, Any]], say: Strings) -> Markup:
    if not earlier:
        return group()
    rows = [
        tag(
            "tr",
            tag("th", short(one["candidate"]), scope="row"),
            tag("td", when(one["ended"])),
            tag("td", say.known(f"outcome.{one['outcome']}", one["outcome"])),
            tag("td", say.told(one["because"]), class_="hint"),
        )
        for one in earlier[:_EARLIER]
    ]
    return tag(
        "section",
        tag("h2", say("watch.earlier")),
        tag(
            "div",
            tag("table", tag("tbody", *rows)),
            class_="scroll",
            tabindex="0",
            role="region",
            aria_label=say("watch.earlier"),
        ),
    )


def _cases(cases: Sequence[str], say: Strings) -> Markup:
    if not cases:
        return group()
    links = [tag("li", tag("a", case, href=f"/cases#{case}")) for case in cases]
    return tag("section", tag("h2", say("watch.cases")), tag("ul", *links))


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f} ms"
