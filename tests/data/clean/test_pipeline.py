"""The whole way: what stays, what goes and why, the same bytes however it ran."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard
from tests.data.clean.conftest import (
    Cleaner,
    changed,
    chinese,
    english,
    lines,
    reasons,
    texts,
    tree,
    write,
)
from tests.litter import littered

from chainring.contracts.errors import InputError, UnknownNameError
from chainring.contracts.parts import part
from chainring.data.clean import pipeline
from chainring.data.clean.batch import Batch
from chainring.data.clean.characters import Page
from chainring.data.clean.settings import STAGES
from chainring.data.clean.shards import shards_of
from chainring.hardware.executor import LocalExecutor


def shingles(text: str) -> set[int]:
    return set(Page.of([text]).shingles.hashes.tolist())


def likeness(a: str, b: str) -> float:
    one, other = shingles(a), shingles(b)
    return len(one & other) / len(one | other)


def mixture(rng: random.Random, count: int) -> list[str]:
    """Return documents of both languages with exact and near copies among them."""
    found = [english(rng, words=60 + rng.randrange(60)) for _ in range(count)]
    found += [chinese(rng, characters=120 + rng.randrange(90)) for _ in range(count)]
    found += rng.sample(found, count // 4)
    found += [changed(text, rng, count=1) for text in rng.sample(found[:count], count // 4)]
    found += ["too short", "太短", ""]
    rng.shuffle(found)
    return found


def test_good_text_of_both_languages_stays_as_it_is(cleaned: Cleaner, tmp_path: Path) -> None:
    rng = random.Random(1)
    good = [english(rng) for _ in range(30)] + [chinese(rng) for _ in range(30)]
    report = cleaned(write(tmp_path / "in.jsonl", good))
    assert texts(tmp_path / "out") == good
    assert Counter(row["language"] for row in lines(tmp_path / "out")) == {"en": 30, "zh": 30}
    assert (report.read, report.kept, report.reasons) == (60, 60, {})


def test_of_copies_the_first_stays_and_each_other_names_one_that_it_is_like(
    cleaned: Cleaner, tmp_path: Path
) -> None:
    documents = mixture(random.Random(2), 120)
    report = cleaned(write(tmp_path / "in.jsonl", documents))
    kept = {row["id"]: row["text"] for row in lines(tmp_path / "out")}
    gone = [row for row in lines(tmp_path / "out", "dropped.jsonl") if "of" in row]
    assert len(gone) >= 50
    for row in gone:
        index = int(row["id"].rpartition("-")[2])
        assert row["of"] in kept
        assert likeness(documents[index], kept[row["of"]]) >= 0.7
        assert (documents[index] == kept[row["of"]]) == (row["reason"] == "exact copy")
    assert report.kept == len(kept)


def test_no_two_near_copies_are_left_as_a_comparison_of_all_pairs_shows(
    cleaned: Cleaner, tmp_path: Path
) -> None:
    cleaned(write(tmp_path / "in.jsonl", mixture(random.Random(3), 100)))
    sets = [shingles(text) for text in texts(tmp_path / "out")]
    near = [
        (i, j)
        for i, one in enumerate(sets)
        for j, other in enumerate(sets[:i])
        if len(one & other) >= 0.75 * len(one | other)
    ]
    assert near == []


def test_a_chain_of_copies_loses_only_what_is_like_a_text_that_stays(
    cleaned: Cleaner, tmp_path: Path
) -> None:
    rng = random.Random(4)
    chain = [english(rng, words=200)]
    for _ in range(12):
        chain.append(changed(chain[-1], rng, count=4))
    cleaned(write(tmp_path / "in.jsonl", chain), min_jaccard=0.75)
    kept = {row["id"]: row["text"] for row in lines(tmp_path / "out")}
    assert 1 < len(kept) < 13
    for row in lines(tmp_path / "out", "dropped.jsonl"):
        text = chain[int(row["id"].rpartition("-")[2])]
        assert likeness(text, kept[row["of"]]) >= 0.75


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two files of about 150 kB each: two small shards a file."""
    folder = tmp_path_factory.mktemp("dying")
    rng = random.Random(5)
    base = mixture(rng, 40)
    for name in "ab":
        documents = [*rng.sample(base, 15), *mixture(rng, 100)]
        rows = [
            {"id": f"{name}-{n}", "text": text, "licence": "CC0-1.0" if n % 97 else "none"}
            for n, text in enumerate(documents)
        ]
        write(folder / "corpus" / f"{name}.jsonl", rows)
    write(folder / "held.jsonl", [max(documents, key=len)])
    return folder / "corpus"


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a shard be an eighth of what the settings say: a MiB is the smallest there."""
    monkeypatch.setattr(
        pipeline, "shards_of", lambda inputs, *, size: shards_of(inputs, size=size >> 3)
    )


@pytest.mark.usefixtures("small_shards")
def test_the_result_has_the_same_bytes_for_any_number_of_workers(
    cleaned: Cleaner, corpus: Path, tmp_path: Path
) -> None:
    cleaned(corpus, out="one", shard_mib=1)
    cleaned(corpus, out="two", shard_mib=1, executor=LocalExecutor(2))
    assert len(tree(tmp_path / "one")) >= 6
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


@pytest.mark.usefixtures("small_shards")
def test_the_size_of_shards_decides_only_how_rows_are_laid_out(
    cleaned: Cleaner, corpus: Path, tmp_path: Path
) -> None:
    cleaned(corpus, out="small", shard_mib=1)
    cleaned(corpus, out="large", shard_mib=64)
    assert lines(tmp_path / "small") == lines(tmp_path / "large")
    assert len(tree(tmp_path / "small")) > len(tree(tmp_path / "large"))


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_compressed_files_give_the_same_rows(cleaned: Cleaner, tmp_path: Path, ending: str) -> None:
    plain = write(tmp_path / "in.jsonl", mixture(random.Random(6), 40))
    packed = tmp_path / f"in.jsonl{ending}"
    raw = plain.read_bytes()
    half = len(raw) // 2  # two frames, as parallel compressors write
    pack = gzip.compress if ending == ".gz" else zstandard.ZstdCompressor().compress
    packed.write_bytes(pack(raw[:half]) + pack(raw[half:]))
    cleaned(plain, out="plain")
    cleaned(packed, out="packed")
    assert lines(tmp_path / "plain") == lines(tmp_path / "packed")


Die = Callable[[Path, Path, int | float | str], int]


@pytest.fixture(scope="module")
def run_and_die() -> Iterator[Die]:
    """Yield what cleans in a process that dies on the way, and says by which signal."""
    script = Path(__file__).with_name("dying.py")
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asks, answers = process.stdin, process.stdout

        def died(source: Path, out: Path, when: int | float | str) -> int:
            asks.write(json.dumps([str(source), str(out), str(when)]) + "\n")
            asks.flush()
            return int(answers.readline())

        yield died
        asks.close()


@pytest.fixture(scope="module")
def whole(
    corpus: Path, run_and_die: Die, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """Return the files of a run that nothing killed."""
    out = tmp_path_factory.mktemp("whole") / "out"
    assert run_and_die(corpus, out, -1) == 0
    return tree(out)


def test_a_run_killed_at_any_line_of_its_progress_ends_like_one_that_was_not(
    corpus: Path, whole: dict[str, bytes], run_and_die: Die, tmp_path: Path
) -> None:
    kills = 0
    while run_and_die(corpus, tmp_path / "broken", kills) == signal.SIGKILL:
        assert not (tmp_path / "broken" / "manifest.json").exists()
        kills += 1
    assert kills >= 10
    assert tree(tmp_path / "broken") == whole
    assert not list((tmp_path / "broken").glob(".run-*"))


def test_a_run_killed_inside_each_stage_ends_like_one_that_was_not(
    corpus: Path, whole: dict[str, bytes], run_and_die: Die, tmp_path: Path
) -> None:
    for name in (*STAGES, "embedder"):
        assert run_and_die(corpus, tmp_path / "broken", f"{name}:1") == signal.SIGKILL, name
    assert run_and_die(corpus, tmp_path / "broken", -1) == 0
    assert tree(tmp_path / "broken") == whole
    counts = json.loads(whole["manifest.json"])
    idle = {
        name for name, (_, changed, dropped) in counts["stages"].items() if not changed + dropped
    }
    assert not idle & {"policy.v1", "decontaminate.v1"}
    assert counts["reasons"]["same meaning"] > 0


def test_a_run_killed_at_any_moment_ends_like_one_that_was_not(
    corpus: Path, whole: dict[str, bytes], run_and_die: Die, tmp_path: Path
) -> None:
    rng, killed = random.Random(7), 0
    while run_and_die(
        corpus, tmp_path / "broken", 0.01 + rng.random() * 0.1 * (1 + killed / 4)
    ) == signal.SIGPROF:  # fmt: skip
        killed += 1
    assert killed >= 3
    assert tree(tmp_path / "broken") == whole


def test_finished_shards_are_not_done_again(corpus: Path, run_and_die: Die, tmp_path: Path) -> None:
    out = tmp_path / "broken"
    assert run_and_die(corpus, out, 1) == signal.SIGKILL
    (run,) = out.glob(".run-*")
    before = {path.name: path.stat().st_ino for path in run.glob("*.rows")}
    assert len(before) == 2
    assert run_and_die(corpus, out, 3) == signal.SIGKILL
    after = {path.name: path.stat().st_ino for path in run.glob("*.rows")}
    assert len(after) > len(before)
    assert {name: after[name] for name in before} == before


def test_a_finished_result_is_not_made_again_until_something_changes(
    cleaned: Cleaner, tmp_path: Path
) -> None:
    path = write(tmp_path / "in.jsonl", mixture(random.Random(8), 30))
    first = cleaned(path)
    marks = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "out").iterdir()}
    again = cleaned(path)
    assert (first.fresh, again.fresh) == (True, False)
    assert again.reasons == first.reasons
    assert marks == {f.name: f.stat().st_mtime_ns for f in (tmp_path / "out").iterdir()}
    assert cleaned(path, min_jaccard=0.9).fresh
    with path.open("a") as file:
        file.write(json.dumps({"id": "new", "text": english(random.Random(9))}) + "\n")
    os.utime(path, ns=(time.time_ns(), time.time_ns() + 1))
    assert cleaned(path, min_jaccard=0.9).fresh
    assert "new" in {row["id"] for row in lines(tmp_path / "out")}


def test_what_cannot_be_read_is_set_aside_with_its_reason_and_the_rest_goes_on(
    cleaned: Cleaner, tmp_path: Path
) -> None:
    good = [json.dumps({"id": f"g{n}", "text": english(random.Random(n))}) for n in range(6)]
    path = tmp_path / "in.jsonl"
    bad = [
        b'{"id": "b1", "text": "\xff\xfe broken"}',
        b'{"id": "b2", "text": "\0\0\0"}',
        b'{"id": "b3", "text": ',
        b"[1, 2]",
        b'{"id": "b4"}',
        b'{"id": "b5", "text": "' + b"x" * 3_000_000 + b'"}',
        b"\0" * 50_000,
        b'{"id": "b6", "text": 17}',
    ]
    mixed = [line for pair in zip(bad, (g.encode() for g in [*good, "", ""]), strict=True)
             for line in pair]  # fmt: skip
    path.write_bytes(b"\n".join(mixed))
    report = cleaned(path, max_bytes_per_line=100_000, shard_mib=1)
    assert sorted(row["id"] for row in lines(tmp_path / "out")) == [f"g{n}" for n in range(6)]
    assert report.reasons == {
        "NUL bytes": 2, "broken JSON": 1, "broken UTF-8": 1, "line too long": 1,
        "no JSON object": 1, "no `text`": 2,
    }  # fmt: skip


def test_a_damaged_archive_is_told_and_what_stood_before_the_damage_is_kept(
    cleaned: Cleaner, tmp_path: Path
) -> None:
    whole = write(tmp_path / "a.jsonl", mixture(random.Random(10), 60)).read_bytes()
    packed = gzip.compress(whole)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "in" / "b.jsonl.zst").write_bytes(b"no zstd at all")
    report = cleaned(tmp_path / "in")
    assert sum(n for reason, n in report.reasons.items() if reason.startswith("damaged")) == 2
    assert report.kept > 10


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_a_line_of_500_megabytes_is_passed_over_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    good = json.dumps({"id": "good", "text": english(random.Random(11))}).encode()
    with path.open("wb") as out:
        out.write(good + b'\n{"id": "bad", "text": "')
        for _ in range(500):
            out.write(b"y" * 1_000_000)
        out.write(b'"}\n' + good.replace(b"good", b"also", 1).replace(b"the", b"that") + b"\n")
    script = (
        "from pathlib import Path\n"
        "from chainring.software.verbs.cleaning import clean_files\n"
        f"r = clean_files([{str(path)!r}], out=Path({str(tmp_path / 'out')!r}),"
        " profile='documents', workers=1)\n"
        "status = dict(s.split(':', 1) for s in open('/proc/self/status'))\n"
        "print(r.kept, r.reasons, int(status['VmHWM'].split()[0]) // 1024)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("2 {'line too long': 1} ")
    assert int(run.stdout.split()[-1]) < 250


def test_a_run_that_drops_everything_is_an_error_that_names_the_reasons(
    cleaned: Cleaner, tmp_path: Path
) -> None:
    path = write(tmp_path / "in.jsonl", ["too short", "太短", "gone"])
    with pytest.raises(InputError, match="all 3 texts were dropped") as error:
        cleaned(path)
    assert error.value.faults == ("too short: 3",)
    assert not (tmp_path / "out" / "manifest.json").exists()
    assert reasons(tmp_path / "out") == {f"in-{n}": "too short" for n in range(3)}


def test_files_of_another_form_are_told_by_what_is_expected(
    cleaned: Cleaner, tmp_path: Path
) -> None:
    (tmp_path / "in.txt").write_text("no JSON\n也不是\n[]\n", encoding="utf-8")
    with pytest.raises(InputError, match="one object with `text` a line") as error:
        cleaned(tmp_path / "in.txt")
    assert error.value.faults == ("broken JSON: 2", "no JSON object: 1")


def test_empty_files_missing_folders_and_foreign_folders_are_refused(
    cleaned: Cleaner, tmp_path: Path
) -> None:
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(InputError, match="nothing was read"):
        cleaned(tmp_path / "empty.jsonl", out="first")
    (tmp_path / "void").mkdir()
    with pytest.raises(InputError) as error:
        cleaned(tmp_path / "void", tmp_path / "nowhere")
    assert len(error.value.faults) == 2
    write(tmp_path / "mine" / "notes.jsonl", ["mine"])
    with pytest.raises(InputError, match="holds something else"):
        cleaned(tmp_path / "mine", out="mine")
    with pytest.raises(InputError, match="profile none"):
        cleaned(tmp_path / "mine", profile="none")


def test_licences_and_consents_that_are_not_allowed_are_kept_out(
    cleaned: Cleaner, tmp_path: Path
) -> None:
    rng = random.Random(12)
    terms = [("CC0-1.0", "training"), ("cc0-1.0 ", "none"), ("CC-BY-NC", "training"), ("", "")]
    rows = [
        {"id": str(n), "text": english(rng), "licence": licence, "consent": consent}
        for n, (licence, consent) in enumerate(terms)
    ]
    cleaned(write(tmp_path / "in.jsonl", rows), licences=["CC0-1.0"], consents=["training"])
    assert [row["id"] for row in lines(tmp_path / "out")] == ["0"]
    assert reasons(tmp_path / "out") == {
        "1": "consent not allowed", "2": "licence not allowed", "3": "no licence stated",
    }  # fmt: skip


def test_personal_numbers_stand_neither_in_what_stays_nor_in_samples_of_what_went(
    cleaned: Cleaner, tmp_path: Path
) -> None:
    rng = random.Random(13)
    secret = "电话13912345678，邮箱bob@example.com"
    rows = [chinese(rng) + secret, "太短" + secret, english(rng) + " mail bob@example.com please."]
    cleaned(write(tmp_path / "in.jsonl", rows))
    everything = b"".join(tree(tmp_path / "out").values()).decode()
    assert "13912345678" not in everything
    assert "bob@example.com" not in everything
    assert "[phone]" in lines(tmp_path / "out", "dropped.jsonl")[0]["sample"]
    assert [row["text"].count("[email]") for row in lines(tmp_path / "out")] == [1, 1]


def test_lines_that_stand_in_many_texts_are_cut_out_of_each(
    cleaned: Cleaner, tmp_path: Path
) -> None:
    rng = random.Random(15)
    menu, good = "Home | Shop | Contact | Imprint", [english(rng) for _ in range(30)]
    rows = [f"{menu}\n{text}\n关于我们 联系方式 版权所有" for text in good] + [menu]
    report = cleaned(write(tmp_path / "in.jsonl", rows), min_boilerplate=20)
    assert texts(tmp_path / "out") == good
    assert report.reasons == {"boilerplate only": 1}


ROWS = [english(random.Random(n)) for n in range(40)]


class Pairs:
    """An embedder that finds two neighbours alike; the last text it cannot read."""

    def __init__(self, source: str) -> None:
        self.digest = source

    def __call__(self, some: list[str]) -> list[list[float]]:
        places = [ROWS.index(text) // 2 if text in ROWS else -1 for text in some]
        return [[float(place == axis) for axis in range(20)] for place in places]


def test_texts_of_the_same_meaning_go_when_an_embedder_is_named(
    cleaned: Cleaner, tmp_path: Path
) -> None:
    part("embedder", "pairs.v1")(Pairs)
    strange = [english(random.Random(n)) for n in (97, 98)]
    path = write(tmp_path / "in.jsonl", [*ROWS, *strange])
    cleaned(path, meaning="pairs.v1")
    assert texts(tmp_path / "out") == [*ROWS[::2], *strange]
    assert set(reasons(tmp_path / "out").values()) == {"same meaning"}
    assert not cleaned(path, meaning="pairs.v1").fresh
    assert cleaned(path, meaning="pairs.v1", meaning_from="other vectors").fresh


def test_a_stage_that_did_nothing_is_named(cleaned: Cleaner, tmp_path: Path) -> None:
    said: list[str] = []
    rows = [english(random.Random(n)) for n in range(3)]
    report = cleaned(write(tmp_path / "in.jsonl", rows), said=said)
    assert "redaction.v1" in report.idle
    assert "redaction.v1 looked at every text and did nothing" in said


def shouting(batch: Batch) -> None:
    """Drop what is written in capitals."""
    for index in batch.alive():
        if batch.texts[index].isupper():
            batch.drop(index, "shouting")


def test_a_stage_of_somebody_elses_runs_after_ours(cleaned: Cleaner, tmp_path: Path) -> None:
    part("stage", "shouting.v1")(shouting)  # here, or the suite over all parts would find it
    rows = [english(random.Random(1)), english(random.Random(2)).upper()]
    cleaned(write(tmp_path / "in.jsonl", rows), stages=["shouting.v1"])
    assert reasons(tmp_path / "out") == {"in-1": "shouting"}
    with pytest.raises(UnknownNameError, match="did you mean 'shouting"):
        cleaned(tmp_path / "in.jsonl", out="no", stages=["shoutin.v1"])


def test_only_the_wanted_languages_stay(cleaned: Cleaner, tmp_path: Path) -> None:
    french = (
        "Le colis est arrivé à la maison avec une semaine de retard et les enfants sont très "
        "contents. Nous avons ouvert la boîte dans le jardin, où il y avait du soleil. "
    )
    rows = [english(random.Random(1)), chinese(random.Random(2)), french * 2]
    path = write(tmp_path / "in.jsonl", rows)
    report = cleaned(path, languages=["zh"])
    assert report.languages == {"zh": 1}
    assert set(reasons(tmp_path / "out").values()) == {"another language"}
    assert cleaned(path, out="all", profile="messages").languages == {"en": 1, "fr": 1, "zh": 1}


def test_litter_of_a_system_in_the_output_is_no_stranger(cleaned: Cleaner, tmp_path: Path) -> None:
    rng = random.Random(7)
    source = write(tmp_path / "in.jsonl", [english(rng) for _ in range(5)])
    (tmp_path / "out").mkdir()
    littered(tmp_path / "out")
    assert cleaned(source, out="out").kept == 5
