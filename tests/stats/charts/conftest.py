"""Read a chart as a person does: by its axis, its marks and its words."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

SVG = "{http://www.w3.org/2000/svg}"


class Reading:
    """A parsed chart."""

    def __init__(self, svg: str) -> None:
        self.root = ElementTree.fromstring(svg)
        self.texts = list(self.root.iter(f"{SVG}text"))
        self.words = ["".join(text.itertext()) for text in self.texts]

    def marks(self, of_class: str) -> list[ElementTree.Element]:
        return [e for e in self.root.iter() if e.get("class") == of_class]

    def numbers(self, of_class: str, attribute: str) -> list[float]:
        return [float(mark.attrib[attribute]) for mark in self.marks(of_class)]

    def at(self, y: float) -> float:
        """Return the value at a height, read between the first and the last label of the axis."""
        axis = []
        for text, written in zip(self.texts, self.words, strict=True):
            digits = written.rstrip("%").replace(",", "")
            if text.get("text-anchor") == "end" and digits.replace(".", "").isdigit():
                value = float(digits) / (100 if written.endswith("%") else 1)
                axis.append((float(text.attrib["y"]) - 4, value))
        (y0, v0), (y1, v1) = axis[0], axis[-1]
        return v0 + (y - y0) / (y1 - y0) * (v1 - v0)


@pytest.fixture
def read() -> Callable[[str], Reading]:
    return Reading
