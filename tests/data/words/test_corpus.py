"""Files become lines of words: rows and paragraphs are documents, what is broken is passed over."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from chainring.contracts.errors import InputError
from chainring.data.words.corpus import LINE_WORDS, Corpus, corpus
from chainring.data.words.settings import WordSettings

PLAIN = WordSettings(segmenter="characters.v1")


def read(paths: list[Path], folder: Path, **given: object) -> tuple[Corpus, list[str], list[str]]:
    said: list[str] = []
    settings = PLAIN.model_copy(update=given)
    made = corpus(paths, path=folder / "corpus", settings=settings, say=said.append)
    return made, made.path.read_text(encoding="utf-8").splitlines(), said


def test_a_row_is_a_document_and_so_is_a_paragraph(tmp_path: Path) -> None:
    rows = [{"text": "Where is it?"}, {"text": "退款\n什么时候到"}]
    with gzip.open(tmp_path / "a.jsonl.gz", "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "b.txt").write_text("One line,\nits next.\n\nAnother one.\n", encoding="utf-8")
    made, lines, said = read([tmp_path / "a.jsonl.gz", tmp_path / "b.txt"], tmp_path)
    assert lines == ["where is it", "退 款 什 么 时 候 到", "one line its next", "another one"]
    assert (made.documents, made.words, said) == (4, 16, [])
    assert made.counts == Counter(" ".join(lines).split())


def test_a_folder_gives_every_file_that_can_be_read_once(tmp_path: Path) -> None:
    (tmp_path / "in" / ".git").mkdir(parents=True)
    (tmp_path / "in" / "a.csv").write_text("text,label\nred parcel,x\n", encoding="utf-8")
    (tmp_path / "in" / "b.png").write_bytes(b"\x89PNG")
    (tmp_path / "in" / ".git" / "c.txt").write_text("hidden", encoding="utf-8")
    _, lines, _ = read([tmp_path / "in", tmp_path / "in" / "a.csv"], tmp_path)
    assert lines == ["red parcel"]


def test_a_long_document_is_cut_into_lines(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("ha " * (2 * LINE_WORDS + 5), encoding="utf-8")
    made, lines, _ = read([tmp_path / "a.txt"], tmp_path)
    assert [len(line.split()) for line in lines] == [LINE_WORDS, LINE_WORDS, 5]
    assert made.words == 2 * LINE_WORDS + 5


def test_rows_that_cannot_be_read_are_passed_over_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "good"}\n{"text": \xff}\nno json\n{"body": "other"}\n')
    made, lines, said = read([path], tmp_path)
    assert lines == ["good"]
    assert made.unread == 3
    assert ["line 2" in said[0], "line 3" in said[1], "line 4" in said[2]] == [True] * 3
    assert "column `text` expected; found `body`; name it with --column" in said[2]
    assert "other" not in "".join(said)


def test_another_column_can_hold_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"body": "other"}\n', encoding="utf-8")
    assert read([tmp_path / "a.jsonl"], tmp_path, column="body")[1] == ["other"]


def test_all_paths_that_are_not_there_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "help.txt").write_text("here", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError) as refused:
        read([tmp_path / "halp.txt", tmp_path / "empty"], tmp_path)
    assert "did you mean 'help.txt'?" in str(refused.value)
    assert "no file in it ends in" in str(refused.value)


def test_nothing_to_read_is_an_error_with_its_cause(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("no json\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 1: no JSON"):
        read([tmp_path / "a.jsonl"], tmp_path)


def test_the_digest_tells_the_texts_and_where_one_ends(tmp_path: Path) -> None:
    def digest(name: str, *texts: str) -> str:
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps({"text": one}) + "\n" for one in texts))
        return read([path], tmp_path)[0].digest

    assert digest("a", "one two", "three") == digest("b", "one two", "three")
    assert digest("c", "ab", "c") != digest("d", "a", "bc")


def test_frequent_words_come_first_and_rare_ones_get_no_vector(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("b b b c c a a d", encoding="utf-8")
    made, _, _ = read([tmp_path / "a.txt"], tmp_path)
    assert list(made.vocabulary(min_count=2, max_words=9).items()) == [("b", 3), ("a", 2), ("c", 2)]
    assert list(made.vocabulary(min_count=1, max_words=2)) == ["b", "a"]
    with pytest.raises(InputError, match="only 1 of 4 words stand 3 times or more"):
        made.vocabulary(min_count=3, max_words=9)
