from __future__ import annotations

import pytest
import torch
import transformers as hf

from chainring.training.generators.loss import IGNORED
from chainring.training.generators.modules import SLICED, Writing, collate, weighed
from chainring.training.generators.networks import decoder_network, seq2seq_network
from chainring.training.generators.settings import DecoderSettings, Seq2SeqSettings

ITEMS = [
    {"input_ids": [7, 8, 9], "labels": [11, 12, 3]},
    {"input_ids": [5], "labels": [13, 3]},
]
SIZE = {"layers": 1, "hidden": 16, "inner": 32, "heads": 2, "dropout": 0.0}


@pytest.mark.parametrize("architecture", ["m2m100", "marian", "t5"])
def test_the_loss_of_an_encoder_decoder_is_that_of_transformers(architecture: str) -> None:
    torch.manual_seed(0)
    settings = Seq2SeqSettings.model_validate(SIZE | {"architecture": architecture})
    network = seq2seq_network(settings, tokens=40).eval()
    batch = collate(ITEMS, pad=0)
    found = Writing(network)(**batch)
    torch.testing.assert_close(found["loss"], network(**batch).loss)
    assert found["units"] == 5


@pytest.mark.parametrize("kind", ["marian", "bart"])
def test_the_bias_of_the_output_is_part_of_the_loss(kind: str) -> None:
    torch.manual_seed(0)
    config = {
        "vocab_size": 40, "d_model": 16, "encoder_layers": 1, "decoder_layers": 1,
        "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 32,
        "decoder_ffn_dim": 32, "pad_token_id": 0, "eos_token_id": 3, "decoder_start_token_id": 0,
        "forced_eos_token_id": 3, "dropout": 0.0,
    }  # fmt: skip
    config_of, network_of = {
        "marian": (hf.MarianConfig, hf.MarianMTModel),
        "bart": (hf.BartConfig, hf.BartForConditionalGeneration),
    }[kind]
    network = network_of(config_of(**config))
    network.final_logits_bias.normal_(std=2.0)
    batch = collate(ITEMS, pad=0)
    expected = network(**batch).loss
    slopes = torch.autograd.grad(expected, network.get_output_embeddings().weight)
    found = Writing(network)(**batch)["loss"]
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        torch.autograd.grad(found, network.get_output_embeddings().weight), slopes
    )


@pytest.mark.parametrize("architecture", ["m2m100", "marian", "t5"])
def test_what_is_written_token_by_token_is_what_the_loss_calls_most_likely(
    architecture: str,
) -> None:
    torch.manual_seed(0)
    settings = Seq2SeqSettings.model_validate(SIZE | {"architecture": architecture})
    network = seq2seq_network(settings, tokens=40).eval()
    with torch.no_grad():
        for name, weight in network.named_parameters():
            weight.mul_(1.0 if "shared" in name else 3.0)  # so that every token matters
    batch = collate(ITEMS, pad=0)
    read = {name: batch[name] for name in ("input_ids", "attention_mask")}
    asked = {"do_sample": False, "max_new_tokens": 8, "eos_token_id": 39, "forced_eos_token_id": 39}
    written_bt = network.generate(**read, **asked, output_scores=True, return_dict_in_generate=True)
    stepped_bv = torch.stack(written_bt.scores[:-1], 1).log_softmax(-1)
    found = Writing(network)(**read, labels=written_bt.sequences[:, 1:-1])["loss"]
    chosen_bt1 = written_bt.sequences[:, 1:-1, None]
    torch.testing.assert_close(found, -stepped_bv.gather(2, chosen_bt1).mean())


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_the_loss_of_a_decoder_counts_the_completion_only(architecture: str) -> None:
    torch.manual_seed(0)
    settings = DecoderSettings.model_validate(SIZE | {"architecture": architecture})
    network = decoder_network(settings, tokens=40).eval()
    items = [
        {"input_ids": [7, 8, 11, 3], "labels": [IGNORED, IGNORED, 11, 3]},
        {"input_ids": [5, 13, 3], "labels": [IGNORED, 13, 3]},
    ]
    batch = collate(items, pad=0)
    found = Writing(network)(**batch)
    torch.testing.assert_close(found["loss"], network(**batch).loss)
    assert found["units"] == 4
    assert network.config.model_type in SLICED


def test_padding_on_the_right_changes_no_loss() -> None:
    torch.manual_seed(0)
    network = seq2seq_network(Seq2SeqSettings.model_validate(SIZE), tokens=40).eval()
    alone = Writing(network)(**collate(ITEMS[1:], pad=0))["loss"]
    first = Writing(network)(**collate(ITEMS[:1], pad=0))["loss"]
    both = Writing(network)(**collate(ITEMS, pad=0))["loss"]
    torch.testing.assert_close(both, (3 * first + 2 * alone) / 5)


@pytest.mark.parametrize("architecture", ["m2m100", "marian", "t5"])
def test_labels_are_smoothed_in_training_only(architecture: str) -> None:
    torch.manual_seed(0)
    settings = Seq2SeqSettings.model_validate(SIZE | {"architecture": architecture})
    network = seq2seq_network(settings, tokens=40)
    module = Writing(network, smoothing=0.3)
    batch = collate(ITEMS, pad=0)
    logits_nv = network(**batch).logits[batch["labels"] != IGNORED]
    targets_n = batch["labels"][batch["labels"] != IGNORED]

    def expected(smoothing: float) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(logits_nv, targets_n, label_smoothing=smoothing)

    torch.testing.assert_close(module.train()(**batch)["loss"], expected(0.3))
    torch.testing.assert_close(module.eval()(**batch)["loss"], expected(0.0))
    assert expected(0.3) != expected(0.0)


@pytest.mark.parametrize("architecture", ["m2m100", "marian", "t5"])
def test_a_row_of_weight_three_is_three_rows(architecture: str) -> None:
    torch.manual_seed(0)
    settings = Seq2SeqSettings.model_validate(SIZE | {"architecture": architecture})
    module = Writing(seq2seq_network(settings, tokens=40)).eval()
    once = module(**collate([{**ITEMS[0], "weight": 3.0}, ITEMS[1]], pad=0))
    thrice = module(**collate([ITEMS[0]] * 3 + ITEMS[1:], pad=0))
    assert (once["units"], thrice["units"]) == (5, 11)
    torch.testing.assert_close(5 * once["loss"], 11 * thrice["loss"])


def test_weights_have_a_mean_of_one_and_are_left_out_where_all_are_alike() -> None:
    heavy = weighed([{**ITEMS[0], "weight": 3.0}, {**ITEMS[1], "weight": 1.0}])
    assert collate(heavy, pad=0)["weights"].tolist() == [1.5, 0.5]
    assert "weights" not in collate(weighed([{**item, "weight": 2.0} for item in ITEMS]), pad=0)
