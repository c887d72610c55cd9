"""Rules by which weights move, and their groups: decay or none, learning rates by layer.

    groups = parameter_groups(network, learning_rate=1e-4, weight_decay=0.01, layer_decay=0.9)
    optimiser = Optimiser(groups, craft)
    optimiser.step(factor=0.5)

AdamW: I. Loshchilov and F. Hutter 2019, "Decoupled weight decay regularization", algorithm 2: the
decay acts beside the gradient. The L2 term instead is part of the gradient, decay × weight, and
passes through the rule. Adam: D. Kingma and J. Ba 2015. Adafactor: N. Shazeer and M. Stern 2018,
with the given rate (no relative steps). Biases and the weights of norms are not decayed.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from chainring.training.craft.settings import CraftSettings

_LAYER = re.compile(r"\.(?:layers?|blocks?|h)\.(\d+)\.")
_EMBEDDINGS = re.compile(r"embed|\bwte\b|\bwpe\b|\.shared\.")
LEAST_SIZE = 1e-3
"""As which a weight counts that begins at nothing; as in Adafactor."""
_L2_BY_DEFAULT = ("adam", "sgd")
_DECOUPLED_IN_TORCH = ("adamw", "adafactor")


def parameter_groups(
    module: nn.Module,
    *,
    learning_rate: float,
    weight_decay: float,
    layer_decay: float = 1.0,
    by_size: float = 0.0,
) -> list[dict[str, Any]]:
    """Return groups of parameters with `peak` (rate) and `decay`; frozen ones are left out.

    With `layer_decay` d, the topmost layer has the rate × d, the next × d², …, the embeddings one
    more; weights outside the layers keep the rate: C. Sun and others 2019, "How to fine-tune BERT
    for text classification", section 5.3.3. With `by_size`, weights of that size (root mean square)
    have the rate and others one in proportion, to the nearest half power of two.
    """
    layers = _layers(module)
    groups: dict[tuple[float, float], list[nn.Parameter]] = defaultdict(list)
    for name, weight in module.named_parameters():
        if not weight.requires_grad:
            continue
        peak = learning_rate * layer_decay ** _below_the_top(f".{name}", layers)
        peak *= _times(weight, by_size) if by_size else 1.0
        groups[peak, weight_decay if weight.ndim > 1 else 0.0].append(weight)
    return [
        {"params": weights, "peak": peak, "lr": peak, "decay": decay}
        for (peak, decay), weights in groups.items()
    ]


def _times(weight: nn.Parameter, size: float) -> float:
    """Return how many times as large as `size` a weight is, for few groups in half powers of two.

    A table of size 1 beside one of 1 / √width is then in the middle of its step at each width that
    is a power of two, and on the edge of none, where a seed would decide.
    """
    found = float(weight.detach().float().square().mean().sqrt())
    return float(2.0 ** (round(2 * math.log2(max(found, LEAST_SIZE) / size)) / 2))


def _layers(module: nn.Module) -> int:
    found = (_LAYER.search(f".{name}") for name, _ in module.named_parameters())
    return max((int(match[1]) + 1 for match in found if match), default=0)


def _below_the_top(name: str, layers: int) -> int:
    layer = _LAYER.search(name)
    if layer:
        return layers - int(layer[1])
    return layers + 1 if layers and _EMBEDDINGS.search(name) else 0


class Optimiser:
    """A rule over groups; the rate of each step is its group's peak times a factor."""

    def __init__(self, groups: list[dict[str, Any]], craft: CraftSettings) -> None:
        self.l2 = craft.decay == "l2" or (
            craft.decay == "auto" and craft.optimiser in _L2_BY_DEFAULT
        )
        self.native = not self.l2 and craft.optimiser in _DECOUPLED_IN_TORCH
        for group in groups:
            group["weight_decay"] = group["decay"] if self.native else 0.0
        self.inner = RULES[craft.optimiser](groups, craft)
        self.clip_norm = craft.clip_norm
        self._norm: torch.Tensor | None = None

    @property
    def weights(self) -> list[nn.Parameter]:
        """All parameters that are trained."""
        return [weight for group in self.inner.param_groups for weight in group["params"]]

    def add_l2(self) -> None:
        """Add the L2 term's gradient, decay × weight, where decay acts that way."""
        for group in self.inner.param_groups if self.l2 else ():
            for weight in group["params"]:
                if group["decay"] and weight.grad is not None:
                    weight.grad.add_(weight.detach(), alpha=group["decay"])

    def clip(self) -> torch.Tensor:
        """Scale the gradients down to the norm allowed; return the norm before."""
        limit = self.clip_norm or torch.inf
        norm: torch.Tensor = nn.utils.clip_grad_norm_(self.weights, limit)
        self._norm = norm
        return norm

    def step(self, *, factor: float, scaler: Any = None) -> None:
        """Move the weights, then forget the gradients.

        A scaler leaves a step out whose gradients are no numbers; nothing decays in it either.
        """
        for group in self.inner.param_groups:
            group["lr"] = group["peak"] * factor
        if not (self.l2 or self.native):
            self._shrink(None if scaler is None else self._norm)
        if scaler is None:
            self.inner.step()
        else:
            scaler.step(self.inner)
            scaler.update()
        self.inner.zero_grad(set_to_none=True)

    def _shrink(self, norm: torch.Tensor | None) -> None:
        for group in self.inner.param_groups:
            keep = 1.0 - group["lr"] * group["decay"]
            if keep != 1.0:
                kept = keep if norm is None else norm.isfinite().mul(keep - 1.0).add(1.0)
                with torch.no_grad():
                    torch._foreach_mul_(group["params"], kept)


def _adamw(groups: list[dict[str, Any]], craft: CraftSettings) -> Any:
    del craft
    return torch.optim.AdamW(groups, fused=True)


def _adam(groups: list[dict[str, Any]], craft: CraftSettings) -> Any:
    del craft
    return torch.optim.Adam(groups, fused=True)


def _sgd(groups: list[dict[str, Any]], craft: CraftSettings) -> Any:
    rule = torch.optim.SGD(groups, momentum=craft.momentum, fused=True)
    if craft.momentum:  # torch leaves them unset where a scaler leaves the first step out
        for group in rule.param_groups:
            for weight in group["params"]:
                rule.state[weight]["momentum_buffer"] = torch.zeros_like(weight)
    return rule


def _adafactor(groups: list[dict[str, Any]], craft: CraftSettings) -> Any:
    del craft
    from transformers.optimization import Adafactor  # torch's scales the rate by the weights' size

    return Adafactor(groups, scale_parameter=False, relative_step=False)


RULES: dict[str, Callable[[list[dict[str, Any]], CraftSettings], Any]] = {
    "adamw": _adamw,
    "adam": _adam,
    "sgd": _sgd,
    "adafactor": _adafactor,
}
