"""The pieces that charts are drawn from: elements, scales, ticks, labels that do not overlap.

Enters: numbers and texts. Leaves: SVG text. Lengths are in the units of the view box, where a
letter is 12 high; the page scales the picture to its own width.
"""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape as escape_markup

INK, MUTED = "var(--ink, #1f2933)", "var(--muted, #6b7785)"
ACCENT, BAD, GRID = "var(--accent, #2f6fab)", "var(--bad, #c0453b)", "var(--grid, #e3e7ec)"
SERIES = (  # the colours of lines and of parts, in order
    ACCENT,
    "var(--series-2, #9c5f10)",
    "var(--series-3, #2f7d4c)",
    "var(--series-4, #7d5aa8)",
    "var(--series-5, #1f7885)",
    "var(--series-6, #67717e)",
)
THEME = (  # of a picture that stands in a file of its own, and not in a page with its colours
    "svg{color-scheme:light dark;background:#fff}"
    "@media(prefers-color-scheme:dark){svg{background:#1a2026;--ink:#e7ebef;--muted:#a0acb8;"
    "--grid:#2c353d;--accent:#7ab3e6;--bad:#e59086;--series-2:#dfa45b;--series-3:#82c79b;"
    "--series-4:#bb9dd4;--series-5:#6cc5d1;--series-6:#aab4bf}}"
)
FONT = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Microsoft YaHei', "
    "'Noto Sans CJK SC', sans-serif"
)
TEXT, TITLE = 12.0, 15.0
_BOLD = 1.1  # a title is set bolder, hence wider
TOP = 62.0  # where a picture begins below its title and the name of its values


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The rectangle in which values are drawn; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A straight line from values to places: `low` stands at `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def escape(text: str) -> str:
    """Return text that may stand in an element or an attribute; what XML forbids is dropped.

    >>> escape('<退款> & "more"')
    '&lt;退款&gt; &amp; &quot;more&quot;'
    """
    allowed = "".join(character for character in text if _is_xml(ord(character)))
    return escape_markup(allowed, {'"': "&quot;"})


def _is_xml(code: int) -> bool:
    if code < 0x20 or 0x7F <= code < 0xA0:
        return code in (0x09, 0x0A)
    return not (0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF))


def element(name: str, *children: str, text: str = "", **attributes: str | float) -> str:
    """Return one element; `font_size=12` is written `font-size="12"`, and `class_` as `class`."""
    written = "".join(
        f' {key.strip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
    )
    inner = escape(text) + "".join(children)
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def _attribute(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{round(value, 2):g}"


def picture(
    *marks: str, title: str, summary: str, width: float, height: float, caption: str = ""
) -> str:
    """Return the whole `<svg>`: title, what the values are (`caption`), and the marks.

    `summary` follows the title in the name that a screen reader says.
    """
    spoken = f"{title}: {summary}" if summary else title
    fits = shorten(title, TITLE * _BOLD, width - 8)
    head = label(fits, x=4, y=20, size=TITLE, fill=INK, class_="chart-title")
    return element(
        "svg",
        element("title", text=title),
        head,
        label(shorten(caption, TEXT, width - 8), x=4, y=41) if caption else "",
        *marks,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        width="100%",
        class_="chart",
        role="img",
        aria_label=spoken,
        font_family=FONT,
        font_size=TEXT,
    )


def in_a_file(drawn: str) -> str:
    """Return a picture with colours of its own, light or dark as its reader's machine is."""
    opening = drawn.index(">") + 1
    return drawn[:opening] + element("style", text=THEME) + drawn[opening:]


def nothing_yet(*, title: str, empty: str, width: float) -> str:
    """Return the picture of a chart that has no data yet."""
    height = TOP + 96.0
    frame = element(
        "rect", x=4, y=38, width=width - 8, height=height - 44, rx=8, fill="none", stroke=GRID,
        stroke_dasharray="4 5", class_="chart-grid",
    )  # fmt: skip
    words = label(
        shorten(empty, 13, width - 40), x=width / 2, y=height / 2 + 20, anchor="middle", size=13
    )
    return picture(frame, words, title=title, summary=empty, width=width, height=height)


def label(
    text: str,
    *,
    x: float,
    y: float,
    anchor: str = "start",
    size: float = TEXT,
    fill: str = MUTED,
    class_: str = "chart-label",
) -> str:
    """Return a line of text whose baseline is at `y`."""
    return element(
        "text", text=text, x=x, y=y, text_anchor=anchor, font_size=size, fill=fill,
        font_weight="600" if class_ == "chart-title" else "400", class_=class_,
    )  # fmt: skip


def line(
    x1: float, y1: float, x2: float, y2: float, *, stroke: str = GRID, class_: str = "chart-grid"
) -> str:
    """Return a thin straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=1, class_=class_)


def rows_of_grid(box: Box, ticks: Sequence[tuple[float, str]]) -> str:
    """Return the horizontal lines of a grid, each with its value to the left."""
    return "".join(
        line(box.left, y, box.right, y) + label(text, x=box.left - 8, y=y + 4, anchor="end")
        for y, text in ticks
    )


def names_below(box: Box, ticks: Sequence[tuple[float, str]], *, axis: str) -> str:
    """Return the names under a plot, thinned out from the last until none overlap, and the axis."""
    widest = max(width_of(text, TEXT) for _, text in ticks)
    apart = (ticks[-1][0] - ticks[0][0]) / max(1, len(ticks) - 1) or math.inf
    every = max(1, math.ceil((widest + 10.0) / apart))
    kept = ticks[::-1][::every]
    names = "".join(label(text, x=x, y=box.bottom + 19, anchor="middle") for x, text in kept)
    middle = (box.left + box.right) / 2.0
    return names + (label(axis, x=middle, y=box.bottom + 40, anchor="middle") if axis else "")


def whisker(x: float, low: float, high: float, *, stroke: str) -> str:
    """Return an upright interval with small ends."""
    path = f"M{x:.1f} {low:.1f}V{high:.1f}M{x - 3:.1f} {low:.1f}h6M{x - 3:.1f} {high:.1f}h6"
    return element(
        "path", d=path, stroke=stroke, stroke_width=1.2, stroke_opacity=0.6, fill="none",
        class_="chart-whisker",
    )  # fmt: skip


def width_of(text: str, size: float) -> float:
    """Return about how wide a text is; a Chinese character is a square, a Latin one a good half."""
    return sum(_ems(character) for character in text) * size


def _ems(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF" or character in "%@MW…—→":
        return 1.0
    return 0.75 if character.isupper() or character in "mw" else 0.6


def shorten(text: str, size: float, room: float) -> str:
    """Return the text, cut with an ellipsis where it is wider than `room`.

    >>> shorten("物流太久了", 10, 40)
    '物流太…'
    """
    if width_of(text, size) <= room:
        return text
    kept = text
    while kept and width_of(kept + "…", size) > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def spread(places: Sequence[float], *, gap: float, lowest: float) -> list[float]:
    """Return places at least `gap` apart, in the same order, none below `lowest` where they fit.

    >>> spread([10.0, 12.0, 40.0], gap=10.0, lowest=100.0)
    [10.0, 20.0, 40.0]
    """
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = list(places)
    for before, after in itertools.pairwise(order):
        moved[after] = max(moved[after], moved[before] + gap)
    limit = lowest
    for i in reversed(order):
        moved[i], limit = min(moved[i], limit), min(moved[i], limit) - gap
    return moved


def ticks(low: float, high: float, *, about: int = 5) -> list[float]:
    """Return round values at equal steps that enclose `low` to `high`.

    >>> ticks(0.71, 0.93)
    [0.7, 0.75, 0.8, 0.85, 0.9, 0.95]
    """
    span = high - low or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / about))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power * about >= span * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, max(last, first + 1) + 1)]


def number(value: float) -> str:
    """Return a value as people write it.

    >>> number(12345), number(0.5), number(3.14159)
    ('12,345', '0.5', '3.14')
    """
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percent(value: float) -> str:
    """Return a share in per cent with one digit.

    >>> percent(0.912)
    '91.2%'
    """
    return f"{value * 100:.1f}%"
