"""Errors of the lower floors at the command line, asked for in Chinese: no English is left."""

from __future__ import annotations

import gzip
import io
import json
import re
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.software.conftest import child, copy, invoke
from tests.text.english import english_in

from chainring.contracts.errors import ChainringError, InputError
from chainring.software.telling.speech import in_words
from chainring.stats.calibration import temperature
from chainring.stats.classification import confusion
from chainring.stats.intervals import upper_bound, wilson
from chainring.stats.multiple import holm
from chainring.stats.paired import mcnemar, paired_bootstrap, sign_flip
from chainring.stats.power import rows_needed, smallest_detectable
from chainring.text.errors import error_in_chinese
from chainring.text.near import near_groups
from chainring.text.normalise import group_key
from chainring.text.redact import redact
from chainring.text.script import simplified
from chainring.text.stopwords import stopwords

HAN = re.compile("[\u4e00-\u9fff]")
ROWS = "".join(
    json.dumps({"text": f"{text} {number}", "label": label}) + "\n"
    for number in range(4)
    for text, label in (("where is my parcel", "track"), ("how do I pay", "pay"))
)


def told(*words: str) -> str:
    """Run a command that must fail on purpose; return its message in Chinese."""
    found = invoke(*words)
    assert isinstance(found.exception, ChainringError), (found.output, found.exception)
    return in_words(found.exception, ("--language", "zh"))


def assert_chinese(message: str, *own: str) -> None:
    """Assert that each line is Chinese beyond what the user wrote."""
    for piece in own:
        message = message.replace(piece, "，")
    assert english_in(message) == []
    lines = [line for line in message.split("\n") if re.search("[A-Za-z]{3}", line)]
    assert [line for line in lines if not HAN.search(line)] == []


def project(folder: Path, recipe: str = "", **files: str | bytes) -> Path:
    """Write a project; `__` in a file's name stands for a dot."""
    (folder / "data").mkdir(parents=True)
    (folder / "chainring.toml").write_text('[project]\nname = "shop"\n' + recipe)
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / "data" / name.replace("__", ".")).write_bytes(data)
    return folder


def test_files_that_cannot_be_used_are_told_in_chinese(tmp_path: Path) -> None:
    shop = project(
        tmp_path / "shop",
        columns__csv="sentence,y\nwhere is it,track\n",
        empty__jsonl="",
        bytes__csv=b"text,label\nx \xff,a\nok,a\ny \xff,a\nz \xff,b\n",
        json__jsonl='{"text": "hi", "label": "stock"}\n{"text": \n[1]\n{"a": 1} x\n',
        array__jsonl='[{"text": 1}]',
        quotes__csv='text,label\na,b,c\n"x,y\n',
        twice__csv="text,text,label\na,b,c\n",
        cut__jsonl__gz=gzip.compress(ROWS.encode() * 200)[:-20],
        wide__csv="text,label\n".encode("utf-16"),
        page__html="<html></html>",
        kinds__jsonl='{"text": "a", "label": {"x": 1}}\n{"text": "a", "split": "tset"}\n',
        long__jsonl=json.dumps({"text": "a", "label": "z" * 600}),
    )
    message = told("turn", "-p", str(shop))
    assert "12 个文件中有 17 处错误" in message
    assert "data/bytes.csv：第 4 行、第 5 行：同样已损坏" in message
    assert_chinese(message, "dev, test, train, training, unlabeled, unlabelled, val, valid, valid")


RECIPES = {
    "no data": ("", {}),
    "a column": ('[data.columns]\nlabel = "topic"\n', {"a__jsonl": ROWS}),
    "no label": ("", {"a__jsonl": '{"text": "where is it"}\n{"text": "how to pay"}\n'}),
    "no text": ("", {"a__jsonl": '{"text": " ", "label": "x"}\n'}),
    "one label": ("", {"a__jsonl": ROWS.replace('"pay"', '"track"')}),
    "numbers": ('[data]\ntask = "regression"\n', {"a__jsonl": '{"text": "a", "target": "b"}\n'}),
    "tags": ('[data]\ntask = "tagging"\n', {"a__jsonl": '{"text": "a", "target": "[[0, 9, 1]]"}'}),
    "labels": ('[data]\ntask = "multi-label"\n', {"a__jsonl": '{"text": "a", "label": "[1"}\n'}),
    "pairs": ('[data]\ntask = "matching"\n', {"a__jsonl": ROWS}),
    "shares": ("[data]\nvalidation_share = 0.45\ntest_share = 0.45\n", {"a__jsonl": ROWS}),
    "evaluation": ('[data.clean]\nevaluation = ["no.jsonl"]\n', {"a__jsonl": ROWS}),
    "licences": ('[data.clean]\nlicences = ["CC0-1.0"]\n', {"a__jsonl": ROWS}),
    "population": ("[data.population.language]\nen = 0.7\nzh = 0.7\n", {"a__jsonl": ROWS}),
    "device": ('[hardware]\ndevice = "cuda"\n[training]\ncandidates = ["linear.v1"]\n', {}),
}
SOURCES = {
    "seeds": 'use = "web.v1"\nseeds = ["ftp://x"]\ncontact = "me"\nhosts = ["a b"]',
    "silence": (
        'use = "web.v1"\nseeds = ["http://127.0.0.1:9/"]\ncontact = "me@a.example"\nmax_tries = 1'
    ),
    "password": 'use = "sql.v1"\nurl = "postgresql://a:b@c/d"\nquery = "SELECT 1"',
    "variable": 'use = "sql.v1"\nurl = "env:NOT_SET"\nquery = "SELECT 1"',
    "database": 'use = "sql.v1"\nurl = "sqlite:///no.db"\nquery = "SELECT 1"',
    "files": 'use = "files.v1"\npath = "no/*.jsonl"',
    "net": 'use = "files.v1"\npath = "https://a.example/a.jsonl"',
    "columns": 'use = "files.v1"\npath = "data"',
    "turns": 'use = "dialogue.v1"\npath = "data/b.jsonl"',
    "pairs": 'use = "parallel.v1"\nsource_language = "en"\ntarget_language = "zh"',
    "archive": 'use = "warc.v1"\npath = "data/no"',
    "hub": 'use = "huggingface.v1"\nid = "a b"',
    "name": 'use = "weeb.v1"',
}


@pytest.mark.parametrize("name", RECIPES)
def test_data_and_recipes_that_make_no_data_set_are_told_in_chinese(
    tmp_path: Path, name: str
) -> None:
    recipe, files = RECIPES[name]
    shop = project(tmp_path / "shop", recipe, **(files or {"a__jsonl": ROWS} if recipe else {}))
    assert_chinese(told("turn", "-p", str(shop)), str(shop))


@pytest.mark.parametrize("name", SOURCES)
def test_sources_that_bring_nothing_are_told_in_chinese(tmp_path: Path, name: str) -> None:
    head = '[[data.sources]]\nname = "s"\nlicence = "owner"\nconsent = "training"\n'
    files = {"a__csv": "body,y\na,b\n", "b__jsonl": '{"x": 1}\n{"x": 2}\n'}
    shop = project(tmp_path / "shop", head + SOURCES[name] + "\n", **files)
    keys = "messages, conversations, conversation, turns, dialogue, dialog, utterances"
    own = (f"{shop}/data/no", str(shop), keys, "ConnectError")
    assert_chinese(told("data", "fetch", "-p", str(shop)), *own)


def corpus_commands(folder: Path) -> Iterator[tuple[str, ...]]:
    """Yield commands on texts without a project that must fail."""
    out, gone, full = str(folder / "out"), str(folder / "gone"), str(folder / "full")
    project(folder / "full", a__jsonl='{"text": "a b c d"}\n', b__csv="x,y\n1,2\n", c__jsonl="x\n")
    short, other, broken = (f"{full}/data/{name}" for name in ("a.jsonl", "b.csv", "c.jsonl"))
    yield "data", "clean", gone, "--out", out
    yield "data", "clean", short, "--out", full
    yield "data", "clean", short, "--out", out, "--profile", "none"
    yield "data", "clean", short, "--out", out, "--evaluation", gone
    yield "data", "clean", short, "--out", out, "--evaluation", broken
    yield "data", "clean", short, "--out", out, "--evaluation", other
    yield "words", "train", gone, "--out", out
    yield "words", "train", other, "--out", out
    yield "words", "train", short, "--out", full
    yield "words", "train", short, "--out", out, "--kind", "glove"
    yield "words", "near", full, "parcel"
    yield "words", "segment", "我的包裹", "--by", "jeiba.v1"
    yield "pretrain", gone, "--out", out
    yield "pretrain", short, "--out", out, "--continue-from", f"{gone}/a/b"
    yield "pretrain", short, "--out", out, "--continue-from", full
    yield "pretrain", short, "--out", out, "--continue-from", "modelscope:x"
    pickled = folder / "pickled"
    pickled.mkdir()
    (pickled / "config.json").write_text('{"model_type": "bert"}')
    (pickled / "pytorch_model.bin").touch()
    yield "pretrain", short, "--out", out, "--continue-from", str(pickled)
    yield "pretrain", short, "--out", out, "--tokeniser", "words.v1"
    yield "pretrain", short, "--out", out, "--tokeniser", "bpe.v1", "--size", "200"
    yield "tokeniser", short, "--out", out, "--use", "bpe.v1", "--size", "200"


def test_commands_on_a_corpus_are_refused_in_chinese(tmp_path: Path) -> None:
    for words in corpus_commands(tmp_path):
        assert_chinese(told(*words), str(tmp_path), "full, out, pickled", "full, out")


def test_a_cluster_that_cannot_be_had_is_told_in_chinese(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jsonl").write_text(ROWS)
    words = ("data", "clean", str(tmp_path / "a.jsonl"), "--out", str(tmp_path / "out"))
    for address in ("ray://a.example", "a.example", "127.0.0.1:9"):
        monkeypatch.setenv("RAY_ADDRESS", address)
        assert_chinese(told(*words, "--executor", "ray.v1"), str(tmp_path))


def archive(path: Path, **members: bytes) -> Path:
    """Write an archive of members, `__` in a name standing for a slash."""
    with tarfile.open(path, "w:gz") as out:
        for name, data in members.items():
            entry = tarfile.TarInfo(name.replace("__", "/").replace("_json", ".json"))
            entry.size = len(data)
            entry.type = tarfile.SYMTYPE if name.startswith("link") else tarfile.REGTYPE
            out.addfile(entry, io.BytesIO(data))
    return path


def test_backups_and_stores_that_cannot_be_used_are_told_in_chinese(
    turned: Path, tmp_path: Path
) -> None:
    shop, whole = copy(turned, tmp_path / "shop"), tmp_path / "whole.tar.gz"
    assert invoke("backup", str(whole), "-p", str(shop)).exit_code == 0
    assert_chinese(told("backup", str(whole), "-p", str(shop)))
    stated = b'{"format": 1, "ledger": "0002"}'
    broken = [
        tmp_path / "gone.tar.gz",
        archive(tmp_path / "strange.tar.gz", format_json=stated, files__x=b""),
        archive(tmp_path / "link.tar.gz", link_json=b""),
        archive(tmp_path / "bare.tar.gz", other_json=b""),
        archive(tmp_path / "newer.tar.gz", format_json=b'{"format": 99, "ledger": "9"}'),
    ]
    (tmp_path / "cut.tar.gz").write_bytes(whole.read_bytes()[:2000])
    (tmp_path / "none.tar.gz").write_bytes(b"hello")
    for path in (*broken, tmp_path / "cut.tar.gz", tmp_path / "none.tar.gz"):
        message = told("restore", str(path), str(tmp_path / "new"))
        assert_chinese(message, str(tmp_path))
        assert message.count("没有恢复任何内容") < 2
    assert_chinese(told("restore", str(whole), str(shop)))
    for version in ("9999", "0001"):
        with sqlite3.connect(shop / ".chainring" / "ledger.db") as ledger:
            ledger.execute("UPDATE alembic_version SET version_num = ?", (version,))
        ledger.close()
        assert_chinese(told("status", "-p", str(shop)), "pip install --upgrade chainring")


def test_a_damaged_model_is_told_in_chinese(shop: Path) -> None:
    for path in (shop / ".chainring" / "store" / "blobs").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(path.read_bytes() + b" ")
    message = told("predict", "where is my parcel", "-p", str(shop))
    assert "不再相符" in message
    assert_chinese(message, str(shop))


def test_the_environment_asks_for_chinese_too(tmp_path: Path) -> None:
    shop = project(tmp_path / "shop", more__csv="sentence,y\nwhere is it,track\n")
    done = child("turn", "-p", str(shop), environment={"CHAINRING_LANGUAGE": "zh"})
    assert done.returncode == 1
    assert_chinese(done.stderr.removeprefix("chainring: "), str(shop))


def test_errors_of_figures_and_of_text_are_told_in_chinese() -> None:
    calls = (
        lambda: wilson(5, 0),
        lambda: upper_bound(5, 3, level=2.0),
        lambda: mcnemar(-1, 2),
        lambda: sign_flip([1.0, float("nan")], seed=0),
        lambda: paired_bootstrap([1.0, 2.0], groups=["a"], seed=0),
        lambda: rows_needed(0.5, disagreement=0.1),
        lambda: smallest_detectable(0, disagreement=2.0),
        lambda: confusion(["a"], ["b"], labels=["a", "c"]),
        lambda: temperature([[1.0]], [0, 1]),
        lambda: holm([2.0]),
        lambda: near_groups(["a"], min_jaccard=0.1),
        lambda: group_key("a", key=b""),
        lambda: redact("a", kinds=["phones"]),
        lambda: redact("a", rules="redact.v9"),
        lambda: simplified("a", profile="t2x"),
        lambda: stopwords("xx"),
    )
    for call in calls:
        with pytest.raises(InputError) as refused:
            call()
        assert_chinese(error_in_chinese(str(refused.value)))
