"""How a model that answers by cost is told: what it answers, and by which prices.

Enters a readout with a table of costs, leaves sentences for cards and reasons.

    said_by_cost(readout)
    said_prices(readout)     # prices: passing on 2, any other mistake 1
"""

from __future__ import annotations

from collections.abc import Iterator

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.measure import MISTAKE
from chainring.contracts.said import Said, joined
from chainring.stats.readout import Readout
from chainring.text.characters import unlinked
from chainring.text.sentences import Sentences

MOST = 20
"""Prices that are told; all stand in `model.json`."""

say = Sentences(
    {
        "by cost": (
            "the label of least expected cost is answered",
            "回答预期代价最小的标签",
        ),
        "by cost and passed on": (
            "the label of least expected cost is answered, and a text passed on where that is "
            "expected to cost less",
            "回答预期代价最小的标签；转交人工的预期代价更小时则转交",
        ),
        "likeliest": (
            "the likeliest label is answered, whatever a mistake costs: by expected cost the "
            "{rows} validation rows were measurably dearer",
            "无论答错代价多大，都回答最可能的标签：按预期代价作答，{rows} 行验证数据的成本明显更高",
        ),
        "prices": ("prices: {prices}", "价目：{prices}"),
        "passing on": ("passing on {price}", "转人工 {price}"),
        "as": ("{truth} answered as {label} {price}", "{truth} 答成 {label} {price}"),
        "as anything": (
            "{truth} answered as anything else {price}",
            "{truth} 答成其他任何标签 {price}",
        ),
        "more": ("and {count} more", "另有 {count} 项"),
        "rest": ("any other mistake {price}", "其他错误 {price}"),
    }
).say


def said_by_cost(readout: Readout) -> Said:
    """Return how such a readout answers, in a sentence."""
    return say("by cost and passed on" if readout.prices_passing_on else "by cost")


def said_likeliest(rows: int) -> Said:
    """Return that the likeliest label is answered, though mistakes have their price."""
    return say("likeliest", rows=rows)


def said_prices(readout: Readout) -> Said:
    """Return what such a readout reckons with: passing on, each mistake with a price, any other."""
    named = list(_named(readout))
    told = [*named[:MOST], *([say("more", count=len(named) - MOST)] if named[MOST:] else [])]
    if readout.prices_passing_on or OUT_OF_SCOPE in readout.labels:
        column = -1 if readout.prices_passing_on else readout.labels.index(OUT_OF_SCOPE)
        price = max(row[column] for row in readout.costs)  # out of scope it costs nothing
        told.insert(0, say("passing on", price=_figure(price)))
    if any(MISTAKE in wrong.values() for _, wrong in _mistakes(readout)):
        told.append(say("rest", price=_figure(MISTAKE)))
    return say("prices", prices=joined(told, en=", ", zh="，"))


def _named(readout: Readout) -> Iterator[Said]:
    """Yield the prices that are no usual mistake's, once for a label whose mistakes cost alike."""
    for truth, wrong in _mistakes(readout):
        prices = set(wrong.values()) - {MISTAKE}
        if len(set(wrong.values())) == 1:
            yield from (say("as anything", truth=truth, price=_figure(one)) for one in prices)
            continue
        for label, price in wrong.items():
            if price != MISTAKE:
                yield say("as", truth=truth, label=label, price=_figure(price))


def _mistakes(readout: Readout) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield each label with what it costs to answer each other one, names as Markdown shows them.

    To answer out of scope is to pass on, which has its one price.
    """
    for truth, row in zip(readout.labels, readout.costs, strict=True):
        answers = zip(readout.labels, row, strict=False)  # last may stand passing on
        wrong = {
            unlinked(label): price for label, price in answers if label not in {truth, OUT_OF_SCOPE}
        }
        yield unlinked(truth), wrong


def _figure(price: float) -> str:
    """Return a price as people write it: 1234567, not 1.23457e+06."""
    return f"{price:.12g}"
