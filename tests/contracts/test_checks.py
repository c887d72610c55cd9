"""Every registered part keeps the promise of its kind; and the suite finds those that do not."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.contracts.conftest import TINY_WRITER
from tests.data.clean.conftest import stage_example

from chainring.contracts import parts
from chainring.contracts.checks import (
    CandidateExample,
    EngineExample,
    Example,
    ExecutorExample,
    FormExample,
    ReaderExample,
    SourceExample,
    TokeniserExample,
    check_part,
)
from chainring.contracts.dataset import Row
from chainring.contracts.errors import InputError, UnknownNameError
from chainring.contracts.parts import KINDS, load_part, part, part_names
from chainring.contracts.placement import Choice, Placement
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import PredictSettings
from chainring.contracts.request import Request
from chainring.contracts.work import Work
from chainring.data.harvest import Harvest
from chainring.deployment.forms.parts import Making
from chainring.training.settings import TrainingSettings
from chainring.training.tokenisers.settings import TokeniserSettings

ROWS = [{"text": "我要退款", "label": "refund"}, {"text": 'say "hi", please', "label": "chat"}]
IN_THEIR_ROOM = {"embedder", "tracker"}
"""Kinds that the suite holds in their room's tests, where their material and their imports are."""
ELSEWHERE = {
    "executor": ("ray.v1",),
    "form": ("cuda.v1", "tensorrt.v1", "reading.v1", "reading-torch.v1"),
    "engine": ("cuda.v1", "tensorrt.v1"),
}
"""Parts that need a GPU, a cluster or a reader's passages: here what they state is looked at."""

OURS = [(kind, name) for kind in KINDS for name in part_names(kind) if kind not in IN_THEIR_ROOM]
WRITERS = {
    "seq2seq.v1": ("seq2seq", "translation"),
    "decoder.v1": ("decoder", "generation"),
    "qa.v1": ("answering", "question-answering"),
    "dpo.v1": ("preference", "preference"),
    "kto.v1": ("preference", "preference"),
}
"""Candidate → section of its settings and a task that it can do."""


def write_jsonl(path: Path) -> None:
    path.write_text("\n".join(json.dumps(row) for row in ROWS))


def write_csv(path: Path) -> None:
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, ["text", "label"])
        table.writeheader()
        table.writerows(ROWS)


def write_tsv(path: Path) -> None:
    path.write_text("text\tlabel\n" + "".join(f"{r['text']}\t{r['label']}\n" for r in ROWS))


def write_html(path: Path) -> None:
    said = " ".join(row["text"] for row in ROWS)
    path.write_text(f"<html lang=zh><body><article><p>{said}</p></article></body></html>")


READERS: dict[str, tuple[str, Callable[[Path], object], bytes]] = {
    "jsonl.v1": ("a.jsonl", write_jsonl, b'{"text": "cut'),
    "csv.v1": ("a.csv", write_csv, b"text,label\n1,2,3\n"),
    "tsv.v1": ("a.tsv", write_tsv, b"text\tlabel\none\n"),
    "parquet.v1": (
        "a.parquet",
        lambda path: pq.write_table(pa.Table.from_pylist(ROWS), path),
        b"PAR1",
    ),
    "text.v1": (
        "a.txt",
        lambda path: path.write_text("".join(row["text"] + "\n" for row in ROWS)),
        b"ok\n\xff\xfe\n",
    ),
    "html.v1": ("a.html", write_html, b"<html></html>"),
}
APART = {
    "text.v1": [{"text": row["text"] + "\n"} for row in ROWS],
    "html.v1": [{"text": " ".join(row["text"] for row in ROWS), "language": "zh"}],
}
"""Rows of readers that keep no labels."""


@pytest.fixture
def example(
    tmp_path: Path,
    make_work: Callable[[], Work],
    model_folder: Callable[[str], Path],
    training_settings: TrainingSettings,
    source_example: Callable[[str], SourceExample],
) -> Callable[[str, str], Any]:
    """Make the example of a kind and a name."""

    def reader(name: str) -> Example:
        file, write, damage = READERS[name]
        (tmp_path / "damaged").mkdir()
        write(tmp_path / file)
        (tmp_path / "damaged" / file).write_bytes(damage)
        rows = APART.get(name, ROWS)
        return ReaderExample(path=tmp_path / file, rows=rows, damaged=tmp_path / "damaged" / file)

    def candidate(name: str) -> Example:
        rows = rows_of(model_folder("linear.v1"))
        if name in WRITERS:
            return writing(rows, *WRITERS[name])
        if name == "biencoder.v1":
            return matching(rows)
        return CandidateExample(
            train=[row for row in rows if row.split == "train"],
            validation=[row for row in rows if row.split == "validation"],
            labels=("parcel", "refund"),
            arguments={"unlabelled": (), "work": make_work(), "settings": training_settings},
        )

    def matching(rows: list[Row]) -> Example:
        said = {"refund": "give the money back", "parcel": "where a parcel is"}
        pairs = [
            replace(row, id=f"{row.id}{pair}", pair=pair, label=str(label == row.label).lower())
            for row in rows
            for label, pair in said.items()
        ]
        return CandidateExample(
            train=[row for row in pairs if row.split == "train"],
            validation=[row for row in pairs if row.split == "validation"],
            labels=("false", "true"),
            arguments={
                "unlabelled": (),
                "work": make_work(),
                "settings": training_settings,
                "task": "matching",
            },
        )

    def writing(rows: list[Row], section: str, task: str) -> CandidateExample:
        told = {"refund": "We will pay it back.", "parcel": "It is on its way."}
        beside = {"preference": "no", "answering": "Dear you. {}"}.get(section, "")
        rows = [
            replace(row, label="", target=said, pair=beside.format(said))
            for row in rows
            for said in [told[row.label]]
        ]
        own = TINY_WRITER
        if section == "answering":
            own = {"base": training_settings.encoder.base, "epochs": 20, "learning_rate": 0.005}
        return CandidateExample(
            train=[row for row in rows if row.split == "train"],
            validation=[row for row in rows if row.split == "validation"],
            labels=(),
            arguments={
                "unlabelled": (),
                "work": make_work(),
                "settings": TrainingSettings.model_validate({section: own}),
                "task": task,
            },
        )

    def form(name: str) -> FormExample | None:
        if name in ELSEWHERE["form"]:
            return None
        writes = name.startswith("writing")
        model = "linear.v1" if name == "linear.v1" else "decoder.v1" if writes else "encoder.v1"
        (tmp_path / "place").mkdir()
        earlier = {}
        if load_part("form", name).after:
            earlier["exact"] = tmp_path / "exact"
            earlier["exact"].mkdir()
            exact = Making(source=model_folder(model), folder=earlier["exact"])
            load_part("form", "exact.v1").write(exact)
        return FormExample(
            source=model_folder(model),
            folder=tmp_path / "place",
            placement=placement(has_bf16=name == "bf16.v1"),
            near=0.1 if name in ("bf16.v1", "light.v1", "fast.v1") else 2e-3,
            earlier=earlier,
        )

    def engine(name: str) -> Example | None:
        if name in ELSEWHERE["engine"]:
            return None
        if name == "torch.v1":
            return EngineExample(folder=model_folder("encoder.v1"))
        forms = {
            "linear.v1": "linear.v1",
            "onnxruntime.v1": "exact.v1",
            "openvino.v1": "bf16.v1",
            "openvino-float32.v1": "float32.v1",
            "generator.v1": "writing.v1",
            "ctranslate2.v1": "writing-int8.v1",
        }
        made = form(forms[name])
        assert made is not None
        load_part("form", forms[name]).write(made)
        return EngineExample(folder=made.folder, near=made.near)

    def executor(name: str) -> Example | None:
        if name in ELSEWHERE["executor"]:
            return None
        return ExecutorExample(make=lambda part: part(workers=2))

    def tokeniser(_: str) -> Example:
        texts = [str(row["text"]) for row in ROWS] * 20
        return TokeniserExample(texts=texts, settings=TokeniserSettings(size=300))

    makers: dict[str, Callable[[str], Example | None]] = {
        "tokeniser": tokeniser,
        "reader": reader,
        "source": source_example,
        "stage": lambda _: stage_example(tmp_path),
        "candidate": candidate,
        "form": form,
        "engine": engine,
        "executor": executor,
    }
    return lambda kind, name: makers[kind](name)


def placement(*, has_bf16: bool) -> Placement:
    one = Choice(value="1", because="test")
    sets = ("avx512_bf16",) if has_bf16 else ()
    return Placement(device=one, precision=one, threads=one, executor=one, instruction_sets=sets)


def rows_of(_: Path) -> list[Row]:
    texts = {
        "refund": ("I want my money back", "please refund me", "我要退款", "把钱退给我"),
        "parcel": ("where is my parcel", "track my order", "我的包裹到哪了", "物流太久了"),
    }
    return [
        Row(
            id=f"{label}{w}{f}",
            text=frame.format(words),
            label=label,
            language="en",
            split="validation" if f == 3 else "train",
            source="s",
            licence="CC0",
            group=f"{w}{f}",
        )
        for label, said in texts.items()
        for w, words in enumerate(said)
        for f, frame in enumerate(("{}", "hello, {}", "{} now", "{}!", "请问 {}"))
    ]


@pytest.mark.parametrize(("kind", "name"), OURS, ids=lambda value: value)
def test_each_part_of_ours_keeps_the_promise_of_its_kind(
    kind: str, name: str, example: Callable[[str, str], Any]
) -> None:
    assert check_part(kind, name, example(kind, name)) is load_part(kind, name)


# The suite finds parts that do not keep it


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_registered", dict(parts._registered))


@pytest.fixture
def file(tmp_path: Path) -> ReaderExample:
    write_jsonl(tmp_path / "a.jsonl")
    (tmp_path / "bad.jsonl").write_text("{")
    return ReaderExample(path=tmp_path / "a.jsonl", rows=ROWS, damaged=tmp_path / "bad.jsonl")


def faults(kind: str, target: Any, example: Example | None = None) -> str:
    part(kind, "mine.v1")(target)
    with pytest.raises(InputError, match=r"mine\.v1 does not keep its promise") as caught:
        check_part(kind, "mine.v1", example)
    return "; ".join(caught.value.faults)


def rows_with_places(path: Path) -> list[tuple[str, Any]]:
    return [(f"line {i}", json.loads(line)) for i, line in enumerate(path.read_text().split("\n"))]


def test_a_reader_of_somebody_else_that_keeps_it_passes(file: ReaderExample) -> None:
    @part("reader", "theirs.v1")
    def theirs(path: Path, *, report: Callable[[str, str], None], max_bytes: int) -> Iterator[Any]:
        """Read JSON lines."""
        try:
            yield from rows_with_places(path)
        except ValueError as error:
            report("somewhere", str(error))

    check_part("reader", "theirs.v1", file)


def test_a_part_without_docstring_or_with_another_signature_is_found() -> None:
    def wordless(path: Path) -> None: ...

    assert "no docstring" in faults("reader", wordless)
    assert "cannot be called as its kind is" in faults("reader", wordless)
    assert "it has no map; it has no spawn" in faults("executor", Wordy)
    assert "it has no hindrance" in faults("form", Wordy())
    assert "it cannot be called" in faults("engine", Wordy())


class Wordy:
    """Has words and a name, and nothing else."""

    name = "mine.v1"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda rows: rows[:1], "expected; found"),
        (lambda rows: [(place, {**row, "text": row["text"][:3]}) for place, row in rows], "found"),
        (lambda rows: [("line", row) for _, row in rows], "where it stands"),
    ],
)
def test_a_reader_that_reads_wrong_is_found(
    file: ReaderExample, change: Callable[[Any], Any], fault: str
) -> None:
    def wrong(path: Path, *, report: Any, max_bytes: int) -> Any:
        """Read wrong."""
        if path == file.damaged:
            report("line 1", "damaged")
            return []
        return change(rows_with_places(path))

    assert fault in faults("reader", wrong, file)


def test_a_reader_that_keeps_quiet_or_cries_wolf_is_found(file: ReaderExample) -> None:
    def quiet(path: Path, *, report: Any, max_bytes: int) -> Any:
        """Swallow faults."""
        return [] if path == file.damaged else rows_with_places(path)

    def wolf(path: Path, *, report: Any, max_bytes: int) -> Any:
        """Report what is no fault."""
        report("line 1", "wolf")
        return [] if path == file.damaged else rows_with_places(path)

    assert "nothing of a damaged file" in faults("reader", quiet, file)
    assert "where there is none: line 1: wolf" in faults("reader", wolf, file)


def test_an_engine_that_answers_by_its_neighbours_is_found(
    example: Callable[[str, str], Any],
) -> None:
    honest = example("engine", "linear.v1")
    made = load_part("engine", "linear.v1")

    def neighbourly(folder: Path, *, threads: int) -> Any:
        """Add a little of the whole batch to every answer."""
        predictor = made(folder, threads=threads)
        asked = predictor.probabilities
        predictor.probabilities = lambda texts: asked(texts) + 0.01 * (len(texts) - 1)
        return predictor

    found = faults("engine", neighbourly, honest)
    assert "is answered otherwise alone than among others" in found
    assert "do not sum to 1" in found


def test_an_engine_that_mixes_up_texts_streamed_in_turns_is_found(
    example: Callable[[str, str], Any],
) -> None:
    pytest.importorskip("ctranslate2", reason="needs the extra writers")
    honest = example("engine", "ctranslate2.v1")
    made = load_part("engine", "ctranslate2.v1")

    def mixed_up(folder: Path, *, threads: int) -> Any:
        """Keep what is being written in one place for all texts."""
        predictor = made(folder, threads=threads)
        asked, last = predictor.stream, [""]

        def stream(request: Request, *, settings: PredictSettings) -> Iterator[Any]:
            last[0] = request.text
            for piece in asked(request, settings=settings):
                yield piece if isinstance(piece, str) else replace(piece, text=last[0])

        predictor.stream = stream
        return predictor

    assert "streamed in turns are not those" in faults("engine", mixed_up, honest)


def test_a_candidate_that_learns_nothing_is_found(example: Callable[[str, str], Any]) -> None:
    honest = example("candidate", "linear.v1")
    train = load_part("candidate", "linear.v1")

    def lazy(rows: Any, validation: Any, **arguments: Any) -> Any:
        """Answer nothing."""
        trained = train(rows, validation, **arguments)
        return replace(trained, logits=lambda texts: [[1.0, 0.0] for _ in texts])

    assert "it learns nothing" in faults("candidate", lazy, honest)


def test_a_candidate_that_copies_what_is_right_instead_of_writing_is_found(
    example: Callable[[str, str], Any],
) -> None:
    honest = example("candidate", "linear.v1")
    train = load_part("candidate", "linear.v1")

    def copying(rows: Any, validation: Any, **arguments: Any) -> Any:
        """Write down the label that stands in the row."""
        trained = train(rows, validation, **arguments)
        told = [Answer(label="", confidence=1.0, passed_on=False, text="") for _ in rows]
        return replace(
            trained,
            answers=lambda asked: [
                replace(one, output=row.label) for one, row in zip(told, asked, strict=True)
            ],
        )

    assert "it has looked" in faults("candidate", copying, honest)


def test_an_executor_that_loses_the_order_or_an_error_is_found() -> None:
    class Wild:
        """Give results as they come."""

        name = "wild"

        def map(self, fn: Any, shards: Any) -> Any:
            return reversed([self._tried(fn, shard) for shard in shards])

        def spawn(self, world: int, fn: Any) -> Any:
            return [fn(0, world)] * world

        def _tried(self, fn: Any, shard: Any) -> Any:
            try:
                return fn(shard)
            except InputError:
                return None

    found = faults("executor", Wild, ExecutorExample(make=lambda made: made()))
    for fault in ("named 'wild'", "order of the shards", "by rank", "does not reach its caller"):
        assert fault in found


def test_a_form_that_changes_the_model_or_does_not_serve_is_found(
    example: Callable[[str, str], Any],
) -> None:
    honest = example("form", "linear.v1")
    linear = load_part("form", "linear.v1")

    def write_nothing(*_: object) -> None: ...

    assert "leaves no model.json" in faults("form", replace(linear, write=write_nothing), honest)
    unusable = replace(linear, packages=("no_such_package",))
    assert "cannot be tried here" in faults("form", unusable, honest)


def test_an_unknown_part_and_an_example_of_another_kind_are_refused(file: ReaderExample) -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean 'jsonl\.v1'"):
        check_part("reader", "jsonnl.v1")
    with pytest.raises(InputError, match="is checked with a CandidateExample"):
        check_part("candidate", "linear.v1", file)


def source_faults_of(tmp_path: Path, bring: Callable[[Harvest], None]) -> str:
    class Theirs:
        """Bring two texts."""

        settings = TrainingSettings

        def __call__(self, settings: Any, *, harvest: Harvest, say: Any) -> None:
            bring(harvest)

    example = SourceExample(
        settings=None, texts=("one", "two"), open=Harvest.open, folder=tmp_path / "harvests"
    )
    return faults("source", Theirs(), example)


def put(harvest: Harvest, number: int, text: str) -> None:
    harvest.put(str(number), {"text": text, "locator": f"line {number}"})


def test_a_source_that_does_things_twice_is_found(tmp_path: Path) -> None:
    def twice(harvest: Harvest) -> None:
        for number, text in enumerate(("one", "two"), len(harvest)):
            put(harvest, number, text)
        harvest.commit()

    assert "a second time something changes" in source_faults_of(tmp_path, twice)


def test_a_source_that_notes_its_cursor_before_its_rows_is_found(tmp_path: Path) -> None:
    def hasty(harvest: Harvest) -> None:
        if harvest.state("done"):
            return
        harvest.set_state("done", "yes")
        harvest.commit()
        put(harvest, 1, "one")
        put(harvest, 2, "two")
        harvest.commit()

    found = source_faults_of(tmp_path, hasty)
    assert "cut at put 2 and begun again, it ends with other rows" in found


def test_a_source_that_brings_other_texts_or_no_place_is_found(tmp_path: Path) -> None:
    def placeless(harvest: Harvest) -> None:
        harvest.put("1", {"text": "three"})

    found = source_faults_of(tmp_path, placeless)
    assert "texts ['one', 'two'] expected" in found
    assert "a row needs a locator" in found


def test_a_tokeniser_that_does_not_repeat_itself_or_forgets_its_marks_is_found() -> None:
    from tokenizers import Tokenizer, models

    example = TokeniserExample(texts=["a b"], settings=TokeniserSettings(size=300))
    marks = {mark: n for n, mark in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"))}
    made = iter(range(9))

    def unlike(texts: list[str], *, settings: TokeniserSettings) -> Any:
        """Cut texts in another way at each call."""
        vocabulary = marks | {f"word{next(made)}": 5}
        return Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))

    said = faults("tokeniser", unlike, example)
    assert "another tokeniser" in said
    assert "unknown" in said

    def unmarked(texts: list[str], *, settings: TokeniserSettings) -> Any:
        """Cut texts without marks."""
        return Tokenizer(models.WordLevel({"a": 0}, unk_token="a"))

    assert "[PAD], [UNK]" in faults("tokeniser", unmarked, example)
