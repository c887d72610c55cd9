from __future__ import annotations

import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.deployment.conftest import LABELS, TEXTS, linear_truth, write_card

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.errors import InputError
from chainring.contracts.predictor import Predictor, PredictSettings
from chainring.contracts.request import Request
from chainring.contracts.values import Input, tags_of
from chainring.deployment.engines.text_predictor import TextPredictor
from chainring.deployment.model_folder import Card, Floats
from chainring.deployment.predictors import open_predictor
from chainring.text.prepare import prepare
from chainring.text.redact import RULES
from chainring.text.shifts import moved, reverse


def test_a_loaded_form_is_a_predictor_of_its_card(linear_folder: Path) -> None:
    with open_predictor(linear_folder, engine="linear") as predictor:
        assert isinstance(predictor, Predictor)
        assert predictor.labels == LABELS
        assert predictor.threshold == 0.3


def test_answers_carry_the_best_labels_and_what_the_model_saw(linear_folder: Path) -> None:
    request = Request(text="Ｗhere  is my parcel? call 13912345678")
    with open_predictor(linear_folder, engine="linear") as predictor:
        (answer,) = predictor.predict([request], settings=PredictSettings(top_k=2))
    truth = dict(zip(LABELS, linear_truth(linear_folder, [request.text])[0], strict=True))
    ranked = sorted(truth, key=lambda label: -truth[label])[:2]
    assert list(answer.scores) == ranked
    assert answer.label == ranked[0]
    assert math.isclose(answer.confidence, truth[ranked[0]], abs_tol=1e-6)
    assert "13912345678" not in answer.text
    assert answer.text.startswith("Where is my parcel?")


def test_a_conversation_is_seen_as_one_of_the_files_is_prepared(linear_folder: Path) -> None:
    text = json.dumps([{"role": "user", "content": "密码：abc0xyz9"}])
    with open_predictor(linear_folder, engine="linear") as predictor:
        (answer,) = predictor.predict([Request(text=text)])
    assert answer.text == '[{"role": "user", "content": "密码：[secret]"}]'


def test_without_redaction_in_its_card_a_model_sees_the_number(
    linear_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "plain"
    shutil.copytree(linear_folder, folder)
    write_card(folder, "linear", preparation={"redact": False})
    with open_predictor(folder, engine="linear") as predictor:
        (answer,) = predictor.predict([Request(text="call 13912345678")])
    assert answer.text == "call 13912345678"


def test_a_model_keeps_the_rules_by_which_it_was_prepared(
    linear_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "old"
    shutil.copytree(linear_folder, folder)
    asked = [Request(text="my QQ is 10001, call 13912345678")]
    with open_predictor(folder, engine="linear") as predictor:
        (today,) = predictor.predict(asked)
    write_card(folder, "linear", preparation={"redact": True})
    with open_predictor(folder, engine="linear") as predictor:
        (then,) = predictor.predict(asked)
    assert today.text == "my QQ is [account], call [phone]"
    assert then.text == "my QQ is 10001, call [phone]"


@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0])
def test_unsure_and_out_of_scope_texts_are_passed_on_and_no_others(
    linear_folder: Path, tmp_path: Path, threshold: float
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(linear_folder, folder)
    write_card(folder, "linear", threshold=threshold)
    with open_predictor(folder, engine="linear") as predictor:
        answers = predictor.predict([Request(text=text) for text in TEXTS])
    assert {answer.label for answer in answers} > {OUT_OF_SCOPE}
    for answer in answers:
        is_unsure = answer.confidence < threshold
        assert answer.passed_on == (is_unsure or answer.label == OUT_OF_SCOPE)


def test_preparing_a_prepared_text_changes_nothing() -> None:
    once = [prepare(text, redacted=True) for text in TEXTS]
    assert [prepare(text, redacted=True) for text in once] == once


def test_no_texts_give_no_answers(linear_folder: Path) -> None:
    with open_predictor(linear_folder, engine="linear") as predictor:
        assert predictor.predict([]) == []
        assert predictor.probabilities([]).shape == (0, len(LABELS))


def test_a_linear_model_lists_no_embedding_and_refuses_one(linear_folder: Path) -> None:
    with open_predictor(linear_folder, engine="linear") as predictor:
        assert isinstance(predictor, TextPredictor)
        assert predictor.capabilities == frozenset()
        with pytest.raises(InputError, match="encoder"):
            predictor.embed(["refund"])


class Finder:
    """Tags every `lamp` of the prepared text, a token a character."""

    def logits(self, texts: Sequence[Input]) -> Floats:
        raise NotImplementedError

    def tokens(self, texts: Sequence[Input]) -> list[tuple[Floats, list[tuple[int, int]]]]:
        return [self._read(str(text)) for text in texts]

    def _read(self, text: str) -> tuple[Floats, list[tuple[int, int]]]:
        at = text.index("lamp")
        classes = [1 if i == at else 2 if at < i < at + 4 else 0 for i in range(len(text))]
        return 9 * np.eye(3, dtype=np.float32)[classes], [(i, i + 1) for i in range(len(text))]

    def close(self) -> None:
        pass


@pytest.mark.parametrize("is_redacted", [True, False])
@pytest.mark.parametrize(
    "sent",
    [
        "the lamp",
        "call 13912345678 the  lamp",
        "我的手机13912345678，\u200blamp\u200b坏了",
        '[{"role":"user","content":"13912345678\\u7684 lamp"}]',
    ],
)
def test_tags_lead_back_to_the_text_as_it_was_sent(sent: str, is_redacted: bool) -> None:
    card = Card(
        kind="encoder", labels=("item",), threshold=0.0, temperature=1.0, redact=is_redacted,
        rules=RULES, task="tagging",
    )  # fmt: skip
    (answer,) = TextPredictor(card, Finder()).predict([Request(text=sent)])
    tags = tags_of(answer.output)
    assert [answer.text[start:end] for start, end, _ in tags] == ["lamp"]
    back = moved(tags, reverse(answer.shifts))
    assert [sent[start:end] for start, end, _ in back] == ["lamp"]
    assert (answer.shifts == ()) == (sent == answer.text)
