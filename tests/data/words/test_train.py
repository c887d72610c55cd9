"""A folder of vectors from text: what it says of itself, that it repeats, and that it learnt."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tests.data.words.conftest import FIELDS
from tests.litter import littered

from chainring.contracts.errors import InputError
from chainring.data.words.settings import WordSettings
from chainring.data.words.train import train
from chainring.data.words.vectors import WordVectors

KINDS = ("word2vec", "fasttext", "glove")


def made(text: Path, out: Path, **given: object) -> WordVectors:
    settings = {"dimensions": 16, "epochs": 15, "window": 3, "min_count": 5, **given}
    return train([text], out=out, settings=WordSettings.model_validate(settings), licence="CC0")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("kind", KINDS)
def test_words_of_one_field_are_nearer_to_each_other_than_to_the_rest(
    text: Path, tmp_path: Path, kind: str
) -> None:
    vectors = made(text, tmp_path / kind, kind=kind, user_words=("银行卡", "运单", "太慢"))
    for nouns, _ in FIELDS:
        own = [word for word in nouns.split() if word in vectors]
        assert len(own) >= 4
        for word in own:
            cosines = {one.word: one.similarity for one in vectors.near(word, count=99)}
            others = [n for names, _ in FIELDS if names != nouns for n in names.split()]
            far = [cosines[n] for n in others if n in cosines]
            assert np.mean([cosines[n] for n in own if n != word]) > np.mean(far) + 0.2


@pytest.mark.parametrize("kind", KINDS)
def test_one_worker_and_one_seed_give_the_same_bytes(text: Path, tmp_path: Path, kind: str) -> None:
    first = contents(tmp_path / "a") if made(text, tmp_path / "a", kind=kind, epochs=2) else {}
    made(text, tmp_path / "b", kind=kind, epochs=2)
    assert contents(tmp_path / "b") == first
    made(text, tmp_path / "c", kind=kind, epochs=2, seed=1)
    assert (tmp_path / "c" / "vectors.npy").read_bytes() != first["vectors.npy"]


def test_the_facts_pin_what_made_the_vectors(text: Path, tmp_path: Path) -> None:
    facts = made(text, tmp_path / "v", epochs=1).facts
    assert (facts["kind"], facts["seed"], facts["licence"]) == ("word2vec", 0, "CC0")
    assert facts["segmenter"].startswith("rjieba.v1 (rjieba 0.")
    assert facts["corpus"]["documents"] == 2400
    assert facts["corpus"]["digest"].startswith("blake2b:")
    assert facts["settings"]["window"] == 3
    assert {"gensim", "numpy", "chainring"} <= set(facts["versions"])
    assert facts["same_every_run"]


def test_workers_that_race_are_told(text: Path, tmp_path: Path) -> None:
    facts = made(text, tmp_path / "v", epochs=1, workers=2).facts
    assert not facts["same_every_run"]
    assert "--workers 1" in facts["because"]
    assert made(text, tmp_path / "g", kind="glove", epochs=1, workers=2).facts["same_every_run"]


def test_fasttext_knows_words_that_stood_in_no_text(text: Path, tmp_path: Path) -> None:
    from gensim.models.fasttext_inner import compute_ngrams_bytes, ft_hash_bytes

    vectors = made(text, tmp_path / "v", kind="fasttext", buckets=5_000)
    assert "parcels" not in vectors
    assert vectors.near("parcels", count=1)[0].word == "parcel"
    pieces = vectors.subwords
    assert pieces is not None
    wanted = [ft_hash_bytes(one) % 5_000 for one in compute_ngrams_bytes("parcels", 2, 5)]
    rows = [int(np.searchsorted(pieces.buckets, one)) for one in wanted if one in pieces.buckets]
    np.testing.assert_allclose(
        vectors.vector("parcels"), pieces.vectors[rows].mean(axis=0), rtol=1e-5
    )


def test_a_folder_that_is_not_empty_is_left_alone(text: Path, tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="is not empty; name a new folder"):
        made(text, tmp_path / "v")
    assert [path.name for path in tmp_path.iterdir()] == ["v"]


def test_a_failed_training_leaves_nothing_behind(text: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lower --min-count"):
        made(text, tmp_path / "v", min_count=10**6)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_training_leaves_no_folder_that_looks_whole(text: Path, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from chainring.data.words.settings import WordSettings\n"
        "from chainring.data.words.train import train\n"
        "train([Path(sys.argv[1])], out=Path(sys.argv[2]), say=lambda l: print(l, flush=True),\n"
        "      settings=WordSettings(kind='glove', epochs=1000, dimensions=50))\n"
    )
    out = tmp_path / "v"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(text), str(out)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as child:
        assert child.stdout is not None
        while not child.stdout.readline().startswith("pass 2"):
            time.sleep(0)
        child.send_signal(signal.SIGKILL)
    assert not out.exists()


def test_a_folder_that_holds_but_what_a_system_laid_there_is_empty(
    text: Path, tmp_path: Path
) -> None:
    for name in ("books", "v"):
        (tmp_path / name).mkdir()
    shutil.copy(text, tmp_path / "books")
    made(littered(tmp_path / "books"), littered(tmp_path / "v"), epochs=1)
    assert not (tmp_path / "v" / ".DS_Store").exists()
