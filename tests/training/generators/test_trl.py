"""`[training.craft]` acts where preferences are learnt, or it is said that it does not."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from chainring.contracts.errors import RefusedError
from chainring.contracts.said import in_language
from chainring.contracts.work import Work
from chainring.training.craft.memory import MIB, Need
from chainring.training.craft.settings import CraftSettings
from chainring.training.generators import trl
from chainring.training.generators.bounds import require_room
from chainring.training.generators.networks import decoder_network
from chainring.training.generators.settings import DecoderSettings, PreferenceSettings
from chainring.training.generators.tokens import own_vocabulary
from chainring.training.generators.writer import Learnt

pytest.importorskip("trl")

SIZE = {"layers": 1, "hidden": 16, "inner": 32, "heads": 2, "dropout": 0.0}
LEARN = {"preference_epochs": 3, "preference_batch_size": 2, "preference_learning_rate": 0.01}
ROWS = [
    {"prompt_ids": [7, 8], "chosen_ids": [11 + n, 3], "rejected_ids": [21 + n, 22, 3]}
    for n in range(6)
]
RATED = [
    {"prompt_ids": [7, 8], "completion_ids": [11 + n, 3], "label": n % 2 == 0} for n in range(6)
]
both = pytest.mark.parametrize("method", ["dpo", "kto"])


@pytest.fixture(scope="module")
def tokeniser(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("vocabulary")
    texts = ["please wait", "go away", "请稍等", "走开"]
    return own_vocabulary(texts, DecoderSettings(vocabulary=300), folder, seed=0)


@pytest.fixture(scope="module")
def known() -> dict[str, torch.Tensor]:
    """Return the weights that crafts to compare with came to, by the craft."""
    return {}


def _start(tokeniser: Any) -> Any:
    """Return a small decoder that knows nothing."""
    torch.manual_seed(0)
    return decoder_network(DecoderSettings.model_validate(SIZE), tokens=len(tokeniser))


def _told(
    network: Any,
    work: Work,
    tokeniser: Any,
    *,
    method: str = "dpo",
    minutes: float = 5.0,
    craft: Mapping[str, Any] | None = None,
    pairs: Sequence[dict[str, Any]] = ROWS,
    **options: Any,
) -> Learnt:
    """Teach a network the rows' preferences in place, and return what TRL's training said."""
    learn, rows = (trl.by_pairs, pairs) if method == "dpo" else (trl.by_ratings, RATED)
    return learn(
        network,
        tokeniser,
        rows,
        options=PreferenceSettings.model_validate(SIZE | LEARN | options),
        craft=CraftSettings.model_validate(craft or {}),
        work=work,
        seed=0,
        minutes=minutes,
    )


def _learnt(work: Work, tokeniser: Any, **more: Any) -> Any:
    """Return a small decoder that has learnt the rows' preferences."""
    network = _start(tokeniser)
    _told(network, work, tokeniser, **more)
    return network


def _weights(network: Any) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in network.parameters()])


@pytest.mark.parametrize(
    ("craft", "other"),
    [
        ({"optimiser": "sgd"}, {}),
        ({"optimiser": "sgd", "momentum": 0.0}, {"optimiser": "sgd"}),
        ({"optimiser": "adafactor"}, {}),
        ({"schedule": "cosine"}, {}),
        ({"schedule": "constant"}, {}),
        ({"clip_norm": 0.01}, {"clip_norm": 0.0}),
        ({"accumulation": 3}, {}),
        ({"precision": "bf16"}, {}),
    ],
)
def test_preferences_are_learnt_as_the_craft_says(
    craft: dict[str, Any],
    other: dict[str, Any],
    work: Work,
    tokeniser: Any,
    known: dict[str, torch.Tensor],
) -> None:
    found = _weights(_learnt(work, tokeniser, craft=craft))
    if str(other) not in known:
        known[str(other)] = _weights(_learnt(work, tokeniser, craft=other))
    assert not torch.equal(found, known[str(other)])


def test_weights_decay_while_preferences_are_learnt(work: Work, tokeniser: Any) -> None:
    free, decayed = (_weights(_learnt(work, tokeniser, weight_decay=decay)) for decay in (0.0, 1.0))
    again = _weights(_learnt(work, tokeniser, weight_decay=0.0))
    assert torch.equal(free, again)
    assert decayed.norm() < free.norm()


def test_preferences_of_one_step_are_learnt(work: Work, tokeniser: Any) -> None:
    one: dict[str, Any] = {"preference_epochs": 1, "preference_batch_size": 8}
    start = _start(tokeniser)
    found = _weights(_learnt(work, tokeniser, **one))
    assert not torch.equal(found, _weights(start))


def test_each_rating_has_the_completion_of_another_row() -> None:
    rows = [{"completion_ids": [n]} for n in range(17)]
    found = [row["KL_completion_ids"][0] for row in trl.with_others(rows)]
    assert sorted(found) == list(range(17))
    assert all(other != n for n, other in enumerate(found))


def test_layers_are_computed_twice_where_the_craft_says_so(work: Work, tokeniser: Any) -> None:
    twice = _learnt(work, tokeniser, craft={"gradient_checkpointing": True})
    once = _learnt(work, tokeniser)
    assert any(getattr(part, "gradient_checkpointing", False) for part in twice.modules())
    assert not any(getattr(part, "gradient_checkpointing", False) for part in once.modules())
    torch.testing.assert_close(_weights(twice), _weights(once))


@pytest.mark.parametrize(
    ("craft", "kind", "more"),
    [
        ({}, torch.optim.AdamW, {}),
        ({"optimiser": "adam"}, torch.optim.Adam, {}),
        ({"optimiser": "adam", "decay": "decoupled"}, torch.optim.AdamW, {}),
        ({"optimiser": "sgd", "decay": "l2"}, torch.optim.SGD, {"momentum": 0.9}),
    ],
)
def test_decay_acts_as_the_craft_says(craft: Any, kind: type, more: dict[str, Any]) -> None:
    assert trl.rule(CraftSettings.model_validate(craft)) == (kind, more)


@pytest.mark.parametrize(
    "craft", [{"optimiser": "sgd", "decay": "decoupled"}, {"optimiser": "adafactor", "decay": "l2"}]
)
def test_a_rule_that_cannot_be_had_is_refused_with_what_can(craft: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match=r"decay = 'auto' in \[training.craft\]"):
        trl.rule(CraftSettings.model_validate(craft))


def test_what_does_not_act_is_said(work: Work, tmp_path: Path) -> None:
    quiet = {"optimiser": "sgd", "schedule": "cosine", "tracking_folder": str(tmp_path)}
    assert trl.left_out(CraftSettings.model_validate(quiet), work) == ()
    loud = {"schedule": "plateau", "ema": 0.9, "trackers": ("wandb.v1",), "precision": "fp16"}
    (note,) = trl.left_out(CraftSettings.model_validate(loud), work)
    assert note == (
        "preferences were learnt without ema, trackers, schedule = 'plateau', precision = 'fp16' "
        "of [training.craft]; the training before them had it"
    )


@both
def test_it_says_how_it_gets_on_and_leaves_a_curve_as_our_own_loop_does(
    method: str,
    work: Work,
    tokeniser: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("chainring.training.generators.watched.SECONDS_A_LINE", 0.0)
    said: list[str] = []
    saying = dataclasses.replace(work, say=said.append)
    curve = _told(_start(tokeniser), saying, tokeniser, method=method).curve
    assert [point["step"] for point in curve] == list(range(1, 10))
    assert curve[-1]["epoch"] == 3.0
    assert all({"loss", "learning_rate", "gradient_norm"} < set(point) for point in curve)
    assert curve[0]["loss"] == pytest.approx({"dpo": math.log(2), "kto": 0.5}[method], abs=1e-3)
    assert sum(line.startswith(f"{method}: epoch ") for line in said) == 9
    assert capsys.readouterr().out == ""


@both
def test_a_loss_that_is_no_number_is_refused_with_its_step(
    method: str, work: Work, tokeniser: Any
) -> None:
    network = _start(tokeniser)
    torch.nn.init.constant_(network.lm_head.weight, math.nan)
    with pytest.raises(RefusedError, match=f"{method}: the loss is nan in step 1; lower the"):
        _told(network, work, tokeniser, method=method)


def full_beyond(texts: int, network: Any, monkeypatch: pytest.MonkeyPatch, *, after: int) -> None:
    """Let memory run out where more texts are read at once, after so many times that it did not."""
    inner, read = type(network.transformer).forward, [0]

    def forward(self: Any, input_ids: Any = None, **named: Any) -> Any:
        read[0] += 1
        if read[0] > after and len(input_ids) > texts:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9")
        return inner(self, input_ids=input_ids, **named)

    monkeypatch.setattr(type(network.transformer), "forward", forward)


@pytest.mark.parametrize(
    ("method", "told"), [("dpo", "1 rows at once, and it is a"), ("kto", "2 rows .* its KL term")]
)
def test_memory_that_runs_out_for_all_that_can_be_split_is_told(
    method: str, told: str, work: Work, tokeniser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = _start(tokeniser)
    full_beyond(0, network, monkeypatch, after=0)
    with pytest.raises(RefusedError, match=f"{method}: memory ran out with {told}"):
        _told(network, work, tokeniser, method=method)


def test_every_pair_of_a_step_counts_alike_in_whichever_batches(work: Work, tokeniser: Any) -> None:
    """Three pairs make a step of two and one: a mean of means counts the last one twice."""
    plain = {"optimiser": "sgd", "momentum": 0.0}
    made = [
        _learnt(work, tokeniser, pairs=ROWS[:3], preference_batch_size=rows,
                preference_learning_rate=0.1, craft={"accumulation": 4 // rows, **plain})
        for rows in (4, 2)
    ]  # fmt: skip
    start = _weights(_start(tokeniser))
    assert (_weights(made[0]) - start).abs().max() > 1e-3
    for network in made[1:]:
        torch.testing.assert_close(_weights(network), _weights(made[0]), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("rows", "accumulation"), [(4, 1), (5, 1), (2, 2), (3, 2)])
def test_where_memory_runs_out_the_same_steps_by_pairs_are_made_in_smaller_batches(
    rows: int, accumulation: int, work: Work, tokeniser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the last step, which has fewer pairs, and batches that differ in their sizes."""
    more: dict[str, Any] = {
        "preference_batch_size": rows,
        "preference_learning_rate": 0.1,
        "craft": {"accumulation": accumulation, "optimiser": "sgd", "momentum": 0.0},
    }
    whole = _start(tokeniser)
    asked = _told(whole, work, tokeniser, **more)
    network, said = _start(tokeniser), list[str]()
    full_beyond(2, network, monkeypatch, after=5)  # a step was made before
    saying = dataclasses.replace(work, say=said.append)
    found = _told(network, saying, tokeniser, **more)
    assert (_weights(whole) - _weights(_start(tokeniser))).abs().max() > 1e-3
    torch.testing.assert_close(_weights(network), _weights(whole), rtol=1e-4, atol=1e-6)
    assert [point["step"] for point in found.curve] == [point["step"] for point in asked.curve]
    losses = [[point["loss"] for point in one.curve] for one in (found, asked)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    (line,) = [line for line in said if "begins anew" in line and " with 1," in line]
    assert in_language(line, "zh").startswith("dpo：一次计算 ")


def test_the_network_that_it_is_compared_with_and_the_whole_batch_are_counted_before(
    work: Work, tokeniser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, craft = _start(tokeniser), CraftSettings()
    one = Need.of(network, craft, longest=5, bits=32, judged=False)
    copy = 4 * one.weights / MIB
    all_in_all = one.fixed_mib + copy + 8 * one.row_mib  # four pairs

    def asked(mib: float) -> None:
        monkeypatch.setattr("chainring.training.generators.bounds.limit_mib", lambda _: mib / 0.9)
        _told(network, work, tokeniser, preference_batch_size=4, preference_epochs=1)

    with pytest.raises(RefusedError, match=r"8 texts of 5 tokens.* preference_batch_size = 2"):
        asked(all_in_all - one.row_mib)
    asked(all_in_all + one.row_mib)


@both
def test_what_is_counted_of_a_batch_is_near_what_torch_keeps_while_preferences_are_learnt(
    method: str, work: Work, tokeniser: Any
) -> None:
    """Kept as a table, the logits of this vocabulary would be a hundred times as much."""
    torch.manual_seed(0)
    network = decoder_network(DecoderSettings.model_validate(SIZE), tokens=40_000)
    one = Need.of(network, CraftSettings(), longest=5, bits=32, judged=False)
    assert one.logits == 0.0
    kept: dict[int, int] = {}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    weights = {weight.untyped_storage().data_ptr() for weight in network.parameters()}
    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        _told(network, work, tokeniser, method=method, preference_batch_size=6, preference_epochs=1)
    found = sum(size for place, size in kept.items() if place not in weights)
    texts = {"dpo": 12, "kto": 6}[method]
    assert 0.4 < texts * one.row_mib * MIB / found < 2.5


def test_of_batches_of_preferences_the_largest_that_fits_is_offered(
    work: Work, tokeniser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, craft = _start(tokeniser), CraftSettings()
    one = Need.of(network, craft, longest=5, bits=32, judged=False)
    room = one.fixed_mib + 4 * one.weights / MIB + 5 * one.row_mib  # two pairs, and a text
    monkeypatch.setattr("chainring.training.generators.bounds.limit_mib", lambda _: room / 0.9)
    options = PreferenceSettings.model_validate(SIZE | {"preference_batch_size": 8})
    with pytest.raises(RefusedError, match=r"16 texts of 5 .* fit: .* preference_batch_size = 2\b"):
        require_room(
            "dpo", network, ROWS * 2, options=options, craft=craft, chosen="fp32", work=work
        )


@both
def test_the_budget_bounds_preferences_too(method: str, work: Work, tokeniser: Any) -> None:
    network = _start(tokeniser)
    (plenty, none) = (
        _told(network, work, tokeniser, method=method, minutes=minutes) for minutes in (5, 1e-9)
    )
    assert (len(plenty.curve), plenty.notes) == (9, ())
    assert len(none.curve) == 3
    (note,) = none.notes
    assert re.match(r"preferences: \S+% of one of 3 epochs: one takes about 0 s", note)
