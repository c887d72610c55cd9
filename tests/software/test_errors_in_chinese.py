"""Errors as a user of the command line reads them in Chinese: no English sentence is left."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.software.conftest import copy, invoke
from tests.text.english import english_in

from chainring.contracts.errors import ChainringError, DamagedError
from chainring.deployment.model_folder import FORMAT, read_card
from chainring.software.speech import in_words

HAN = re.compile("[\u4e00-\u9fff]")
NAMES = re.compile(r"(?<=已知：)[\w., -]+")
"""A list of names that are known."""
TEXT = "where is my parcel right now"
RULE = "\n[[access.rules]]\n"


@pytest.fixture(scope="module")
def used(turned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the turned project for all tests of this file."""
    return copy(turned, tmp_path_factory.mktemp("used") / "shop")


def told(*words: str) -> str:
    """Return the error of a command in Chinese."""
    error = invoke(*words).exception
    assert isinstance(error, ChainringError), error
    return in_words(error, ["--language", "zh"])


def require_chinese(said: str, *written: str) -> None:
    """Fail where English is left beside what the user wrote."""
    for line in said.splitlines():
        left = NAMES.sub("", line)
        for own in written:
            left = left.replace(own, "")
        assert HAN.search(left), line
        assert english_in(left) == [], line


COMMANDS: dict[str, Sequence[Sequence[str]]] = {
    "feedback": [
        ["react", "ID", "rating", "upp"],
        ["react", "ID", "rate", "up"],
        ["react", "ID", "correction", ""],
        ["react", "ID", "correction", "***"],
        ["react", "ID", "correction", "Track Order"],
        ["react", "ID", "correction", "x" * 90],
        ["react", "ID", "comment"],
        ["react", "ID", "comment", "x" * 3000],
        ["react", "ID", "outcome"],
        ["react", "ID", "outcome", "x" * 300],
        ["react", "ID", "flag", "wron"],
        ["react", "ID", "rating", "up", "--author", "a\nb"],
        ["react", "ID", "rating", "up", "--author", "a" * 300],
        ["react", "", "rating", "up"],
        ["cases", "--close", "case_1"],
    ],
    "trust": [
        ["keys", "--make", "ask"],
        ["keys", "--make", "askk", "--name", "web"],
        ["keys", "--make", "ask", "--name", "web", "--days", "-1"],
        ["keys", "--make", "ask", "--name", "web", "--only", "review"],
        ["keys", "--make", "ask", "--name", "web", "--only", "predct"],
        ["keys", "--make", "ask", "--name", "a\nb"],
        ["keys", "--rotate", "0123"],
        ["keys", "--revoke", "0123"],
    ],
    "deployment": [
        ["predict", TEXT, "--pair", "x"],
        ["serve", "--host", "203.0.113.9", "--port", "0"],
    ],
    "ring": [
        ["turn", "-p", "/nowhere"],
        ["why", "pred_1"],
        ["release", "--stop", "--reason", "x"],
    ],
    "software": [
        ["predict"],
        ["predict", " "],
        ["predict", TEXT, "--file", "a.txt"],
        ["predict", "--file", "gone.txt"],
        ["predict", "x" * 30_000],
        ["promote", "123", "--reason", "x"],
        ["rollback", "--reason", "x"],
        ["rollback", "--reason", "x", "--to", "7"],
        ["release", "123", "--stage", "all", "--share", "2", "--key", "k1"],
        ["forget"],
        ["forget", "--source", "feedback"],
        ["forget", "--source", "data/x.csv"],
        ["forget", "--record", "rec_1"],
        ["forget", "--prediction", "pred_1"],
        ["forget", "--author", "nobody"],
        ["forget", "--again", "gone.json"],
        ["data", "trace", "rec_1"],
        ["data", "show", "--dataset", "12"],
        ["data", "fetch", "tickets"],
        ["report", "--language", "de"],
        ["backup", "/"],
    ],
}


@pytest.mark.parametrize(
    ("floor", "words"), [(floor, words) for floor, every in COMMANDS.items() for words in every]
)
def test_a_refusal_of_the_command_line_is_told_in_chinese(
    floor: str, words: Sequence[str], used: Path
) -> None:
    known = ["pred_unknown" if word == "ID" else word for word in words]
    place = [] if "-p" in words else ["-p", str(used)]
    require_chinese(told(*known, *place), *(word for word in words if len(word) > 20))


GOOD = json.dumps({"format": FORMAT, "labels": [], "threshold": 3, "temperature": 0, "cut": "3"})
RECIPES: dict[str, str] = {
    "no TOML": "[project\n",
    "no project": "",
    "a name": "[project]\nname = 'My Shop'\n",
    "keys": "[project]\nname = 'a'\n[data]\npaht = 'x'\n[training]\ncandidates = ['lineer.v1']\n",
    "kinds": "[project]\nname = 'a'\n[data]\npath = 7\n[watch]\npoll_s = 'a'\n[gate]\nalpha = 2\n",
    "choices": "[project]\nname = 'a'\n[deployment]\ntier = 'bets'\n[hardware]\nthreads = 'all'\n",
    "paths": "[project]\nname = 'a'\n[deployment]\narticles = 3\ntls_certificate = 'x.pem'\n",
    "together": "[project]\nname = 'a'\n[deployment]\nmax_texts = 500\nmax_queue = 10\n",
    "addresses": "[project]\nname = 'a'\n[alerts]\nurl = 'nix'\n[store]\nledger = 'mysql://x'\n",
    "privacy": "[project]\nname = 'a'\n[privacy]\nlog = 'all'\nretention_days = 0\n",
    "sources": "[project]\nname = 'a'\n[[data.sources]]\nname = 'a'\nuse = 'sqll.v1'\n"
    "[[data.sources]]\nname = 'a'\nuse = 'sql.v1'\nclinical = true\n",
    "rules": f"[project]\nname = 'a'\n{RULE}action = 'trian'\nallow = true{RULE}who = 'admni'\n"
    f"allow = true{RULE}who = 'ask'\naction = 'read'\nallow = true{RULE}where.split = 'tset'\n"
    f"allow = true{RULE}action = ['train', 'evaluate']\nwho = 'ann'\nallow = false\n",
    "rules in vain": f"[project]\nname = 'a'\n{RULE}allow = true{RULE}action = 'read'\n"
    "allow = true\n",
}


@pytest.mark.parametrize("name", RECIPES)
def test_the_faults_of_a_recipe_are_told_in_chinese(name: str, tmp_path: Path) -> None:
    (tmp_path / "chainring.toml").write_text(RECIPES[name], encoding="utf-8")
    require_chinese(told("turn", "-p", str(tmp_path)))


@pytest.mark.parametrize("card", ["{", "[]", '{"format": "other"}', GOOD.replace("3", '"x"')])
def test_a_damaged_model_is_told_in_chinese(card: str, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(card)
    with pytest.raises(DamagedError) as refusal:
        read_card(tmp_path)
    require_chinese(in_words(refusal.value, ["--language", "zh"]), str(tmp_path))


def test_a_file_of_questions_that_cannot_be_read_is_told_in_chinese(
    used: Path, tmp_path: Path
) -> None:
    file = tmp_path / "asked.txt"
    for content in (b"", b"a\n\nb\n", b"\xff"):
        file.write_bytes(content)
        require_chinese(told("predict", "--file", str(file), "-p", str(used)), str(file))
