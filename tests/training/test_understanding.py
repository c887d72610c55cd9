from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.bert import tiny_bert
from tests.training.conftest import make_row, shop_rows

from chainring.contracts.dataset import Row, Task
from chainring.contracts.values import joined, tags_text
from chainring.contracts.work import Work
from chainring.deployment.engines.encoder import EncoderEngine, Ids, Tokens
from chainring.stats.readout import Readout
from chainring.training import understanding
from chainring.training.base import find_base
from chainring.training.heads import Headed, collate
from chainring.training.settings import TrainingSettings
from chainring.training.tokenisers.make import tokeniser
from chainring.training.tokenisers.settings import TokeniserSettings

LABELS = ("other", "same")


def pairs() -> list[Row]:
    rows = list[Row]()
    for place, row in enumerate(shop_rows(languages="en")):
        label = LABELS[place % 2]
        pair = row.text if label == "same" else "the weather"
        made = make_row(row.text, label, "en", row.split, f"{place}")
        rows.append(dataclasses.replace(made, pair=pair))
    return rows


def several() -> list[Row]:
    rows = shop_rows(languages="en")
    said = ["", "same", "other", joined(LABELS)]
    return [dataclasses.replace(row, label=said[i % 4]) for i, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("task", "rows", "name"), [("matching", pairs(), "accuracy"), ("multi-label", several(), "f1")]
)
def test_validation_says_the_loss_that_training_goes_by_after_the_grade(
    task: Task,
    rows: list[Row],
    name: str,
    tiny_base: Path,
    work: Work,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = dict[str, Any]()
    plain = {"class_weights": "none", "label_smoothing": 0.0}

    def judged(module: Headed, items: Any, _: Any, *, judge: Any, **named: Any) -> list[Any]:
        module.eval()
        with torch.no_grad():
            found["loss"] = float(module(**collate(items, pad=0))["loss"])
            found["measures"] = judge(module)
        return []

    monkeypatch.setattr(understanding, "train", judged)
    rows = [row for row in rows if row.split == "validation"]
    understanding.understand(
        find_base(str(tiny_base)),
        rows,
        rows,
        labels=LABELS,
        task=task,
        minutes=60.0,
        work=work,
        settings=TrainingSettings.model_validate({"encoder": plain}),
    )
    assert list(found["measures"]) == [name, "loss"]
    assert found["measures"]["loss"] == pytest.approx(found["loss"], rel=1e-4)


@pytest.mark.parametrize("task", ["multi-label", "regression", "tagging"])
def test_rows_weigh_against_each_other_and_their_mean_weight_is_one(
    task: Task, tiny_base: Path, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = list[float]()

    def given(_: Headed, items: Any, __: Any, **named: Any) -> list[Any]:
        found.extend(item["weights"] for item in items)
        return []

    monkeypatch.setattr(understanding, "train", given)
    targets = {"multi-label": "", "regression": "2.5", "tagging": "[]"}
    rows = [
        dataclasses.replace(row, target=targets[task], weight=0.1 if place % 2 else 0.5)
        for place, row in enumerate(several()[:20])
    ]
    understanding.understand(
        find_base(str(tiny_base)),
        rows,
        (),
        labels=LABELS,
        task=task,
        minutes=60.0,
        work=work,
        settings=TrainingSettings(),
    )
    assert sum(found) / len(found) == pytest.approx(1.0)
    assert found[0] / found[1] == pytest.approx(5.0)


TAGGED = (
    ("please send it to Bad  Aibling, thanks", ((18, 30, "city"),)),
    ("Anna lives in Aibling", ((0, 4, "name"), (14, 21, "city"))),
    ("请 送到 北京 快点，我叫安娜", ((5, 7, "city"), (13, 15, "name"))),
)


class Knowing(torch.nn.Module):  # type: ignore[misc]  # torch is read without its types
    """A network that gives each token the class that it was taught, whatever stands beside it."""

    transitions = ()

    def __init__(self, taught: list[dict[str, Any]]) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.taught = {tuple(one["input_ids"]): one["labels"] for one in taught}

    def logits(self, input_ids: Any, attention_mask: Any) -> Any:
        logits_btc = torch.zeros((*input_ids.shape, 5))
        for b, (ids, mask) in enumerate(zip(input_ids, attention_mask, strict=True)):
            for t, label in enumerate(self.taught[tuple(ids[mask.bool()].tolist())]):
                logits_btc[b, t, max(0, label)] = 20.0
        return logits_btc

    def run(self, ids_bt: Ids, mask_bt: Ids) -> Any:
        logits_btc = self.logits(torch.from_numpy(ids_bt), torch.from_numpy(mask_bt)).numpy()
        return logits_btc, logits_btc


@pytest.mark.parametrize("use", ["bpe.v1", "unigram.v1", "wordpiece.v1"])
def test_what_knows_every_tag_is_right_in_training_in_evaluation_and_in_service(
    use: str, tmp_path: Path, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, wanted = [text for text, _ in TAGGED], [tags_text(tags) for _, tags in TAGGED]
    rows = [
        dataclasses.replace(make_row(text, ""), target=target)
        for text, target in zip(texts, wanted, strict=True)
    ]
    base = tiny_bert(tmp_path, texts, vocab_size=400)
    settings = TokeniserSettings(use=use, size=400, chinese="characters")
    taught = [*texts, *["in Aibling to Bad Aibling"] * 30]
    learnt = tokeniser(taught, settings=settings, form="encoder")
    learnt.save(str(base / "tokenizer.json"))
    found = dict[str, Any]()

    def judged(_: Headed, items: Any, __: Any, *, judge: Any, **named: Any) -> list[Any]:
        found["network"] = Knowing(items)
        found["measures"] = judge(found["network"])
        return []

    monkeypatch.setattr(understanding, "train", judged)
    understood = understanding.understand(
        find_base(str(base)),
        rows,
        rows,
        labels=("city", "name"),
        task="tagging",
        minutes=60.0,
        work=work,
        settings=TrainingSettings(),
    )
    assert found["measures"] == {"f1": 1.0}
    readout = Readout(task="tagging", labels=("city", "name"))
    tokens = Tokens(base / "tokenizer.json", max_tokens=understood.max_tokens)
    evaluated = dataclasses.replace(understood, network=found["network"])
    served = EncoderEngine(tokens, found["network"].run)
    for model in (evaluated, served):
        said = [readout.tagged(readout.shares(t), places) for t, places in model.tokens(texts)]
        assert [one.value for one in said] == wanted
