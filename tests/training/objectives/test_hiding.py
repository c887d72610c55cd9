from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from tests.training.objectives.test_packing import MARKS, document, documents
from transformers import BertConfig, BertForPreTraining

from chainring.contracts.placement import Choice
from chainring.training.craft.gradients import Gradients
from chainring.training.craft.optimisers import Optimiser, parameter_groups
from chainring.training.craft.settings import CraftSettings
from chainring.training.objectives.denoising import infilled
from chainring.training.objectives.documents import encoded, word_starts
from chainring.training.objectives.learner import IGNORED
from chainring.training.objectives.masked import MaskedLearner, hidden
from chainring.training.objectives.spans import SpanLearner, corrupted, sequences, stretches
from chainring.training.tokenisers.make import tokeniser
from chainring.training.tokenisers.settings import TokeniserSettings

SENTINELS = tuple(range(100, 200))
HOLES = ("input_ids", "labels", "hidden")
CHINESE = "我的包裹还在路上，请问什么时候能送到？物流太久了。"


def rows(words: list[list[int]], ids: torch.Tensor) -> list[dict[str, list[int]]]:
    return [
        {"input_ids": row, "words": own, "segments": [0] * len(row)}
        for row, own in zip(ids.tolist(), words, strict=True)
    ]


@pytest.mark.parametrize("size", [1, 3])
def test_of_the_tokens_fifteen_per_cent_are_chosen_and_eighty_of_these_masked(size: int) -> None:
    torch.manual_seed(0)
    before = torch.randint(5, 500, (300, 60))
    words = [[place // size + 1 for place in range(60)]] * 300
    batch = hidden(rows(words, before), vocabulary=500, marks=MARKS)
    after, chosen = batch["input_ids"], batch["labels"] != IGNORED
    assert torch.equal(batch["labels"][chosen], before[chosen])
    assert torch.equal(after[~chosen], before[~chosen])
    assert chosen.float().mean().item() == pytest.approx(0.15, abs=0.01)
    share = [
        (after[chosen] == 4).float().mean().item(),
        (after[chosen] == before[chosen]).float().mean().item(),
    ]
    assert share == pytest.approx([0.8, 0.1], abs=0.03)


def test_words_are_hidden_whole() -> None:
    torch.manual_seed(0)
    before = torch.randint(5, 500, (50, 60))
    words = [[place // 3 + 1 for place in range(60)]] * 50
    batch = hidden(rows(words, before), vocabulary=500, marks=MARKS)
    chosen = (batch["labels"] != IGNORED).view(50, 20, 3).sum(-1)
    assert set(chosen.flatten().tolist()) == {0, 3}


def test_marks_and_padding_are_never_asked_for() -> None:
    items = [
        {"input_ids": [2, 9, 3], "words": [], "segments": [0] * 3},
        {"input_ids": [2, 9, 9, 9, 3], "words": [], "segments": [0] * 5},
    ]
    asked = hidden(items, vocabulary=20, marks=MARKS)["labels"]
    assert set(asked[asked != IGNORED].tolist()) == {9}
    assert (asked != IGNORED).any(1).all()


def test_a_chinese_word_is_one_word_for_all_its_characters() -> None:
    pytest.importorskip("rjieba")
    settings = TokeniserSettings(use="wordpiece.v1", size=400)
    tokenizer = tokeniser([CHINESE] * 2, settings=settings, form="encoder")
    [found] = encoded(tokenizer, [CHINESE], words="rjieba.v1")
    tokens = [tokenizer.id_to_token(one) for one in found.ids]
    place = tokens.index("包")
    assert tokens[place + 1] == "裹"
    assert found.words[place] == found.words[place + 1] != found.words[place + 2]
    assert len(found.sentences()) == 2


@pytest.mark.parametrize("use", ["wordpiece.v1", "bpe.v1", "unigram.v1"])
def test_a_word_after_a_blank_is_one_word_for_all_its_tokens(use: str) -> None:
    texts = ["the parcel has not arrived", "my parcel was sent, 物流太久了"] * 20
    tokenizer = tokeniser(texts, settings=TokeniserSettings(use=use, size=300), form="encoder")
    text = "物流 my parcels  unsent 太久"
    [found] = encoded(tokenizer, [text], words="characters.v1")
    offsets = tokenizer.encode(text, add_special_tokens=False).offsets
    for word in ("my", "parcels", "unsent"):
        start = text.index(word)
        numbers = {
            number
            for number, (a, b) in zip(found.words, offsets, strict=True)
            if a < start + len(word) and b > start and text[a:b].strip()
        }
        assert numbers == {["my", "parcels", "unsent"].index(word) + 3}


def test_words_begin_where_they_stand_in_the_text() -> None:
    text = "Don't stop, 我的 parcels!"
    starts = word_starts(text, by="characters.v1")
    assert [text[start] for start in starts] == ["D", "s", ",", "我", "的", "p", "!"]


def test_t5_hides_fifteen_per_cent_and_its_target_puts_the_text_together_again() -> None:
    torch.manual_seed(0)
    items = stretches(documents(40, 60), max_tokens=60, end=3)
    batch = corrupted(items, sentinels=SENTINELS, marks=MARKS)
    hidden_share = []
    for item, source, target in zip(items, batch["input_ids"], batch["labels"], strict=True):
        spans: dict[int, list[int]] = {}
        for token in target[target != IGNORED].tolist()[:-1]:
            if token in SENTINELS:
                last = spans.setdefault(token, [])
            else:
                last.append(token)
        mended = [
            one for token in source[source != 0].tolist()[:-1] for one in spans.get(token, [token])
        ]
        assert mended == item["input_ids"]
        hidden_share.append(sum(map(len, spans.values())) / len(mended))
    assert sum(hidden_share) / len(hidden_share) == pytest.approx(0.15, abs=0.01)


def test_held_out_figures_are_of_hidden_tokens_and_not_of_sentinels_ends_or_what_is_seen() -> None:
    torch.manual_seed(0)
    items = stretches(documents(40, 60), max_tokens=60, end=3)
    marks = (*SENTINELS, *range(5), IGNORED)
    spans = corrupted(items, sentinels=SENTINELS, marks=MARKS)
    for target, is_hidden in zip(spans["labels"], spans["hidden"], strict=True):
        assert target[is_hidden].tolist() == [one for one in target.tolist() if one not in marks]
    holes = infilled(items, marks=MARKS)
    for source, target, is_hidden in zip(*(holes[name] for name in HOLES), strict=True):
        seen = [one for one in source.tolist() if one not in marks]
        text = [one for one in target.tolist() if one not in marks]
        assert sorted([*target[is_hidden].tolist(), *seen]) == sorted(text)
        assert 0 < int(is_hidden.sum()) < len(text)


def test_where_only_the_end_of_a_document_is_hidden_the_whole_target_counts() -> None:
    made = [{"input_ids": [7, 50, 3], "labels": [50, 3, 51, 3], "hidden": [False] * 4}]
    assert sequences(made, marks=MARKS)["hidden"].tolist() == [[True] * 4]


class Given(torch.nn.Module):  # type: ignore[misc]
    """A network that gives the logits it was given, whatever it is asked."""

    def __init__(self, logits: torch.Tensor) -> None:
        super().__init__()
        self.logits = logits

    def forward(self, **_: object) -> Given:
        return self


def test_a_writer_of_spans_learns_all_of_its_target_and_is_judged_by_what_is_hidden() -> None:
    made = [{"input_ids": [7, 50, 3], "labels": [50, 8, 51, 3], "hidden": [False, True, False, 0]}]
    batch = sequences(made, marks=MARKS)
    learner = SpanLearner(Given(torch.nn.functional.one_hot(batch["labels"], 60).float()))
    assert int(learner.sums(**batch)["predicted"]) == 4
    learner.eval()
    assert int(learner.sums(**batch)["predicted"]) == int(learner.sums(**batch)["right"]) == 1


def test_stretches_of_one_length_leave_no_place_empty() -> None:
    items = stretches(documents(40, 60), max_tokens=60, end=3)[:-1]
    batch = corrupted(items, sentinels=SENTINELS, marks=MARKS)
    assert (batch["input_ids"] != 0).all()
    assert (batch["labels"] != IGNORED).all()


def test_the_denoiser_sees_holes_and_gives_the_whole_text() -> None:
    torch.manual_seed(0)
    items = stretches([document(*range(5, 405))], max_tokens=100, end=3)
    batch = infilled(items, marks=MARKS)
    for item, source, target in zip(items, batch["input_ids"], batch["labels"], strict=True):
        assert target[target != IGNORED].tolist() == [*item["input_ids"], 3]
        kept = [token for token in source.tolist() if token not in MARKS.special]
        assert kept == sorted(kept)
        assert len(kept) == pytest.approx(0.7 * len(item["input_ids"]), abs=2)
        assert 4 in source.tolist()


def pair(length: int, follows: bool) -> dict[str, Any]:
    first = length // 2
    ids = [2, *torch.randint(10, 60, (first,)).tolist(), 3]
    ids += [*torch.randint(10, 60, (length - first,)).tolist(), 3]
    types = [0] * (first + 2) + [1] * (length - first + 1)
    return {"input_ids": ids, "types": types, "words": [], "segments": [0] * len(ids),
            "follows": follows}  # fmt: skip


@pytest.mark.parametrize("batches", [((0, 4), (4, 8)), ((0, 1), (1, 5), (5, 8))])
def test_pairs_weigh_alike_however_long_they_are_and_however_a_step_is_split(
    batches: Sequence[tuple[int, int]],
) -> None:
    torch.manual_seed(0)
    learner = MaskedLearner(BertForPreTraining(BertConfig(
        vocab_size=60, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )))  # fmt: skip
    items = [pair(6, True) for _ in range(4)] + [pair(50, False) for _ in range(4)]
    split = [(end - start, hidden(items[start:end], vocabulary=60, marks=MARKS))
             for start, end in batches]  # fmt: skip
    optimiser = Optimiser(
        parameter_groups(learner, learning_rate=1.0, weight_decay=0.0), CraftSettings(clip_norm=0.0)
    )
    gradients = Gradients(
        learner, optimiser, name="bert", chosen=Choice(value="fp32", because=""), device="cpu",
        max_rows=8, whole=False, say=print,
    )  # fmt: skip
    loss, _ = gradients.of(lambda _: iter(split), rows=8)
    found = {name: w.grad for name, w in learner.named_parameters() if w.grad is not None}
    learner.zero_grad()
    sums = [learner.sums(**batch) for _, batch in split]
    nll, pair_nll, tokens = (
        sum(one[name] for one in sums) for name in ("nll", "pair_nll", "predicted")
    )
    whole = nll / tokens + pair_nll / len(items)
    whole.backward()
    assert float(loss) == pytest.approx(float(whole.detach()), rel=1e-5)
    for name, weight in learner.named_parameters():
        if weight.grad is not None:
            torch.testing.assert_close(found[name], weight.grad, rtol=1e-4, atol=1e-6)
