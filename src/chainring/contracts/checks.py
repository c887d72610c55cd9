"""The published suite for parts: what each part of a kind must do, ours and anybody's.

A part of your own is held to it in one line of a test; the example is as small as you like:

    from chainring.contracts.checks import ReaderExample, check_part
    example = ReaderExample(path=folder / "a.jsonl", rows=({"text": "我要退款"},))
    check_part("reader", "jsonl.v1", example)

Enters kind, name and an example of the kind, leaves the part, or one InputError with every fault.
Without an example only what needs none is checked: name, docstring, signature.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from chainring.contracts.embedder_checks import EmbedderExample, embedder_faults
from chainring.contracts.errors import InputError
from chainring.contracts.executor_checks import ExecutorExample, executor_faults
from chainring.contracts.parts import KINDS, load_part, part_names
from chainring.contracts.placement import Placement
from chainring.contracts.predictor import PredictSettings
from chainring.contracts.request import Request
from chainring.contracts.source_checks import SourceExample, source_faults
from chainring.contracts.stage_checks import StageExample, stage_faults
from chainring.contracts.tokeniser_checks import TokeniserExample, tokeniser_faults
from chainring.contracts.tracker_checks import TrackerExample, tracker_faults

__all__ = [
    "CandidateExample", "EmbedderExample", "EngineExample", "Example", "ExecutorExample",
    "FormExample", "ReaderExample", "SourceExample", "StageExample", "TokeniserExample",
    "TrackerExample", "check_part",
]  # fmt: skip

TEXTS = ("", "Where is my parcel?", "我的包裹到哪了？", "物流太久了 " * 400)
_NEAR = 2e-3  # a text among others is padded: float32 sums are made in another order


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderExample:
    """A file, the rows that stand in it, and (if given) a damaged one that must be reported."""

    path: Path
    rows: Sequence[Mapping[str, Any]]
    damaged: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateExample:
    """The arguments of one training; `train` holds at least two labels that words tell apart.

    Of a candidate that writes the rows have targets, and there are no labels.
    """

    train: Sequence[Any]
    validation: Sequence[Any]
    labels: Sequence[str]
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineExample:
    """A folder that the engine serves: a form's, or a model's.

    `near` is how far a text's probabilities may differ alone and among others: number types of 8
    bits round by what else is in the batch.
    """

    folder: Path
    near: float = _NEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class FormExample:
    """A model folder, an empty folder to fill, and the folders of the forms before it by name."""

    source: Path
    folder: Path
    placement: Placement
    near: float = _NEAR
    earlier: Mapping[str, Path] = field(default_factory=dict)


Example = (
    ReaderExample | SourceExample | StageExample | CandidateExample | EngineExample | FormExample
    | ExecutorExample | EmbedderExample | TokeniserExample | TrackerExample
)  # fmt: skip


def check_part(kind: str, name: str, example: Example | None = None) -> Any:
    """Hold a part to what its kind promises, and return it.

    Raises
    ------
    UnknownNameError
        When no such part is registered.
    InputError
        With every fault that was found.
    """
    part = load_part(kind, name)
    faults = list(_stated(kind, name, part))
    if example is not None and not faults:
        wanted, check = _BEHAVIOUR[kind]
        if not isinstance(example, wanted):
            raise InputError(f"a part of kind {kind} is checked with a {wanted.__name__}")
        faults += check(name, part, example)
    if faults:
        raise InputError(f"{kind} {name} does not keep its promise", faults=faults)
    return part


def _stated(kind: str, name: str, part: Any) -> Iterator[str]:
    if name not in part_names(kind):
        yield "it is not among part_names"
    if not inspect.getdoc(part):
        yield "it has no docstring"
    if load_part(kind, name) is not part:
        yield "it is another object each time it is loaded"
    yield from (f"it has no {member}" for member in _MEMBERS[kind] if not hasattr(part, member))
    arguments = _ARGUMENTS[kind]
    if arguments is None:
        return
    if not callable(part):
        yield "it cannot be called"
        return
    positional, keywords = arguments
    try:
        inspect.signature(part).bind(*positional, **dict.fromkeys(keywords))
    except TypeError as error:
        yield f"it cannot be called as its kind is: {error}"


_MEMBERS: dict[str, tuple[str, ...]] = {
    "reader": (),
    "source": ("settings",),
    "stage": (),
    "embedder": (),
    "tokeniser": (),
    "candidate": (),
    "form": ("name", "engine", "write", "tolerances", "concerns", "hindrance"),
    "engine": (),
    "executor": ("name", "map", "spawn"),
    "tracker": (),
}
_ARGUMENTS: dict[str, tuple[tuple[None, ...], tuple[str, ...]] | None] = {
    "reader": ((None,), ("report", "max_bytes")),
    "source": ((None,), ("harvest", "say")),
    "stage": ((None,), ()),
    "embedder": ((None,), ()),
    "tokeniser": ((None,), ("settings",)),
    "candidate": ((None, None), ("unlabelled", "labels", "work", "settings")),
    "form": None,
    "engine": ((None,), ("threads",)),
    "executor": ((), ()),
    "tracker": ((), ("name", "folder", "settings")),
}


def _reader(_: str, part: Any, example: ReaderExample) -> Iterator[str]:
    said: list[str] = []

    def read(path: Path) -> list[tuple[Any, Any]]:
        return list(part(path, report=lambda *words: said.append(": ".join(words)), max_bytes=9999))

    found = read(example.path)
    if [row for _, row in found] != [dict(row) for row in example.rows]:
        yield f"rows {list(example.rows)!r} expected; found {[row for _, row in found]!r}"
    places = [place for place, _ in found]
    if len(set(places)) != len(places) or not all(isinstance(place, str) for place in places):
        yield f"each row needs a text of its own that says where it stands; found {places!r}"
    if found != read(example.path):
        yield "the same file read twice gives other rows"
    yield from (f"it reports a fault where there is none: {words}" for words in said)
    if example.damaged is not None:
        said.clear()
        read(example.damaged)
        if not said:
            yield "it reports nothing of a damaged file"


def _candidate(_: str, part: Any, example: CandidateExample) -> Iterator[str]:
    trained = part(example.train, example.validation, labels=example.labels, **example.arguments)
    if not any(path.is_file() for path in Path(trained.folder).rglob("*")):
        yield f"it leaves no file in {trained.folder}"
    if trained.answers is not None:
        yield from _writes(trained.answers, list(example.train))
        return
    paired = any(row.pair for row in example.train)
    asked = [(text, "please") for text in TEXTS] if paired else list(TEXTS)
    table = _numbers(trained.logits(asked))
    if [len(row) for row in table] != [len(example.labels)] * len(TEXTS):
        yield f"logits of shape ({len(TEXTS)}, {len(example.labels)}) expected"
        return
    if not all(math.isfinite(number) for row in table for number in row):
        yield "its logits are not finite"
    yield from _alone(table, lambda n: _numbers(trained.logits([asked[n]]))[0], _NEAR)
    inputs = [(row.text, row.pair) if paired else row.text for row in example.train]
    truth = [row.label for row in example.train]
    best = [example.labels[row.index(max(row))] for row in _numbers(trained.logits(inputs))]
    right = sum(a == b for a, b in zip(best, truth, strict=True))
    if right <= max(truth.count(label) for label in set(truth)):
        yield f"it learns nothing: {right} of {len(truth)} of its own training rows are right"


def _writes(
    answers: Callable[[Sequence[Any]], Sequence[Any]], rows: Sequence[Any]
) -> Iterator[str]:
    given = list(answers(rows))
    if len(given) != len(rows):
        yield f"{len(rows)} answers expected, found {len(given)}"
        return
    if not any(answer.output for answer in given):
        yield "it writes nothing"
    if any(not 0 <= answer.confidence <= 1 for answer in given):
        yield "a confidence is no share"
    blind = [replace(row, label="", target="") for row in rows]
    if [answer.output for answer in answers(blind)] != [answer.output for answer in given]:
        yield "it writes otherwise when a row does not say what is right: it has looked"


def _engine(_: str, part: Any, example: EngineExample) -> Iterator[str]:
    predictor = part(example.folder, threads=1)
    try:
        yield from _predictor(predictor, example.near)
    finally:
        predictor.close()


def _predictor(predictor: Any, near: float) -> Iterator[str]:
    if predictor.predict([]) != []:
        yield "no request gives answers"
    answers = predictor.predict(
        [Request(text=text) for text in TEXTS], settings=PredictSettings(top_k=2)
    )
    if len(answers) != len(TEXTS):
        yield f"{len(TEXTS)} answers expected, found {len(answers)}"
        return
    if not predictor.labels:
        yield from _written(predictor, answers)
        return
    for answer in answers:
        scores = list(answer.scores.values())
        if answer.label not in predictor.labels or answer.label not in answer.scores:
            yield f"{answer.label!r} is not among its labels and scores"
        if not 0 <= answer.confidence <= 1 or scores != sorted(scores, reverse=True):
            yield f"{scores!r} are not falling probabilities"
        if len(scores) > 2:
            yield f"top_k=2 gives {len(scores)} scores"
    table = _numbers(predictor.probabilities(TEXTS))
    if any(abs(sum(row) - 1) > _NEAR for row in table):
        yield "its probabilities do not sum to 1"
    yield from _alone(table, lambda n: _numbers(predictor.probabilities([TEXTS[n]]))[0], near)
    if "embed" in predictor.capabilities and len(predictor.embed(TEXTS)) != len(TEXTS):
        yield "embed does not give one row a text"


def _written(predictor: Any, answers: Sequence[Any]) -> Iterator[str]:
    if any(answer.label or not 0 <= answer.confidence <= 1 for answer in answers):
        yield "who writes gives an output, no label, and a confidence that is a share"
    if predictor.predict([Request(text=text) for text in TEXTS]) != answers:
        yield "asked again it writes something else"
    if "stream" in predictor.capabilities:
        yield from _in_turns(predictor)


def _in_turns(predictor: Any) -> Iterator[str]:
    def streams() -> list[Iterator[Any]]:
        return [
            predictor.stream(Request(text=text), settings=PredictSettings()) for text in TEXTS[:3]
        ]

    alone = [list(stream) for stream in streams()]
    in_turns = zip(*zip_longest(*streams()), strict=True)
    if [[piece for piece in one if piece is not None] for one in in_turns] != alone:
        yield "texts that are streamed in turns are not those streamed one after another"


def _alone(
    table: list[list[float]], ask: Callable[[int], list[float]], near: float
) -> Iterator[str]:
    for number, (text, among) in enumerate(zip(TEXTS, table, strict=True)):
        if any(abs(a - b) > near for a, b in zip(among, ask(number), strict=True)):
            yield f"{text[:20]!r} is answered otherwise alone than among others"


def _form(_: str, part: Any, example: FormExample) -> Iterator[str]:
    before = _files(example.source)
    hindrance = part.hindrance(example.placement, example.earlier)
    if hindrance:
        yield f"it cannot be tried here: {hindrance}"
        return
    part.write(example)  # it has what a form is written from
    if _files(example.source) != before:
        yield "it changes the model folder"
    if "model.json" not in _files(example.folder):
        yield "it leaves no model.json: its folder does not serve by itself"
        return
    yield from _engine(
        part.engine,
        load_part("engine", f"{part.engine}.v1"),
        EngineExample(folder=example.folder, near=example.near),
    )


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _numbers(table: Any) -> list[list[float]]:
    return [[float(number) for number in row] for row in table]


_BEHAVIOUR: dict[str, tuple[type[Any], Callable[[str, Any, Any], Iterator[str]]]] = {
    "reader": (ReaderExample, _reader),
    "source": (SourceExample, source_faults),
    "stage": (StageExample, stage_faults),
    "embedder": (EmbedderExample, embedder_faults),
    "tokeniser": (TokeniserExample, tokeniser_faults),
    "candidate": (CandidateExample, _candidate),
    "form": (FormExample, _form),
    "engine": (EngineExample, _engine),
    "executor": (ExecutorExample, executor_faults),
    "tracker": (TrackerExample, tracker_faults),
}
assert set(_BEHAVIOUR) == set(KINDS)
