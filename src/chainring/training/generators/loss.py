"""The loss of written tokens, without a table of all logits.

Enter hidden states and the output embedding, leaves the mean cross entropy of tokens that count,
weighted where the rows have weights.
The table of logits (tokens times vocabulary) is the largest thing in training a small writer; it is
made, used and thrown away in slices that stay in the processor's cache, gradients included.

    token_loss(hidden_nd, weight_vd, targets_n, smoothing=0.1)

Axes: N tokens, D width, V vocabulary.

Label smoothing as in C. Szegedy and others 2016, "Rethinking the Inception
architecture for computer vision", section 7.
"""

from __future__ import annotations

from typing import Any

import torch

IGNORED = -100
"""Target of a token that does not count: padding, or a prompt."""

SLICE_BYTES = {"cpu": 2**22, "cuda": 2**28}
ROOM_IN_FLOAT16 = 2.0**15
"""No sum of slopes times states may be over it: half of what float16 holds."""


def token_loss(
    hidden_nd: torch.Tensor,
    weight_vd: torch.Tensor,
    targets_n: torch.Tensor,
    *,
    bias_v: torch.Tensor | None = None,
    counts_n: torch.Tensor | None = None,
    smoothing: float = 0.0,
) -> torch.Tensor:
    """Return the mean loss of the tokens; every target must be a token.

    The loss of each is taken `counts_n` times, or once; the mean is over the number of tokens.
    """
    bias_v = weight_vd.new_zeros(len(weight_vd)) if bias_v is None else bias_v
    loss: torch.Tensor = _Loss.apply(hidden_nd, weight_vd, bias_v, targets_n, counts_n, smoothing)
    return loss


def counted(hidden_btd: torch.Tensor, targets_bt: torch.Tensor) -> tuple[Any, Any]:
    """Return hidden states of shape (N, D) and targets (N,) of the tokens that count."""
    counts_bt = targets_bt != IGNORED
    return hidden_btd[counts_bt], targets_bt[counts_bt]


class _Loss(torch.autograd.Function):  # type: ignore[misc]
    @staticmethod
    def forward(
        context: Any,
        hidden_nd: Any,
        weight_vd: Any,
        bias_v: Any,
        targets_n: Any,
        counts_n: Any,
        smoothing: float,
    ) -> Any:
        weights = (hidden_nd, weight_vd, bias_v)
        is_trained = any(context.needs_input_grad[:3])
        grads: list[Any] = [torch.zeros_like(weight) for weight in weights if is_trained]
        total = torch.zeros((), dtype=torch.float32, device=hidden_nd.device)
        count, size = len(hidden_nd), len(weight_vd)
        rows = max(1, SLICE_BYTES.get(hidden_nd.device.type, 2**24) // (4 * size))
        for start in range(0, count, rows):
            some = slice(start, start + rows)
            part_nd, true_n1 = hidden_nd[some], targets_n[some, None]
            logits_nv = torch.addmm(bias_v, part_nd, weight_vd.t())
            in_float16 = logits_nv.dtype == torch.float16  # as autocast has it, not as the states
            logits_nv = logits_nv.float()
            sums_n1 = logits_nv.logsumexp(-1, keepdim=True)
            losses_n1 = sums_n1 - (1 - smoothing) * logits_nv.gather(1, true_n1)
            losses_n1 -= smoothing * logits_nv.mean(-1, keepdim=True)
            total += (losses_n1 if counts_n is None else losses_n1 * counts_n[some, None]).sum()
            if not is_trained:
                continue
            slope_nv = _slopes(logits_nv, sums_n1, true_n1, smoothing)
            if counts_n is not None:
                slope_nv.mul_(counts_n[some, None])
            grads[2] += slope_nv.sum(0).to(bias_v.dtype)
            slope_nv = slope_nv.to(part_nd.dtype)
            grads[0][some] = slope_nv @ weight_vd.to(part_nd.dtype)
            if not in_float16:
                grads[1] += (slope_nv.t() @ part_nd).to(weight_vd.dtype)
                continue
            shrink = _shrink(part_nd, counts_n if counts_n is None else counts_n[some])
            grads[1] += (slope_nv.t() @ (part_nd / shrink)).to(weight_vd.dtype) * shrink
        context.save_for_backward(*grads)
        context.count = max(1, count)
        return total / context.count

    @staticmethod
    def backward(context: Any, gradient: Any) -> Any:
        each = gradient / context.count  # not sooner: what float16 cannot hold is scaled up by now
        return *(grad * each for grad in context.saved_tensors), None, None, None


def _shrink(part_nd: Any, counts_n: Any) -> Any:
    """Return the power of two that states are divided by, so that no sum over them overflows.

    The states and not the slopes, most of which float16 barely holds. It stays on the device: a
    number would wait for it.
    """
    largest = len(part_nd) * part_nd.abs().max().float()  # no slope is over its row's weight
    if counts_n is not None:
        largest = largest * counts_n.max().float().clamp(min=1.0)
    return torch.exp2(torch.log2(largest / ROOM_IN_FLOAT16).ceil()).clamp(min=1.0)


def _slopes(logits_nv: Any, sums_n1: Any, true_n1: Any, smoothing: float) -> Any:
    """Return the gradient of each row's loss by its logits, in the place of the logits."""
    slope_nv = logits_nv.sub_(sums_n1).exp_().sub_(smoothing / logits_nv.shape[1])
    wanted = torch.full_like(true_n1, -(1 - smoothing), dtype=slope_nv.dtype)
    return slope_nv.scatter_add_(1, true_n1, wanted)
