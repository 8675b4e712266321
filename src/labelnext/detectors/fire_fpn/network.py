"""The network of PAPER §5 (Fig. 2): fire residual encoder, gated decoder, shared prediction."""

from typing import Any, Literal, NamedTuple, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from labelnext.errors import ArgumentError

Norm = Literal["batch", "instance", "running"]

_EPS = 1e-3
# Keep probabilities of channel dropout by place; active in training only.
_KEEP_DS3, _KEEP_F3, _KEEP_F4, _KEEP_DEC1 = 0.98, 0.98, 0.96, 0.8


class Features(NamedTuple):
    """What one forward pass gives before the prediction layer."""

    decoder: list[Float[Tensor, "images c _h _w"]]  # dec1 … dec5, strides 8, 8, 8, 8, 4
    deepest: Float[Tensor, "images d h8 w8"]  # f42


class FireNetwork(nn.Module):
    """Maps `[images, 3, height, width]` in −1…1 (sides multiples of 8) to logits on five levels.

    Args:
        classes: Number of classes; one logit map each and level.
        width: Factor on every channel count; 1 is the paper's (3,385,069 parameters with one class
            and no offsets).
        box_offsets: Adds a shared 1×1 layer of four box offsets. Departs from the paper.
        norm: Statistics that normalise a convolution's output, which then is only shifted:
            `batch` takes them from the batch at hand, at test too (the authors' program);
            `instance` from each image alone, which is the same at batch size 1 and independent
            of what else is in the batch; `running` from running averages at test.
    """

    def __init__(
        self, *, classes: int, width: float = 1.0, box_offsets: bool = False, norm: str
    ) -> None:
        super().__init__()
        if norm not in get_args(Norm):
            raise ArgumentError(
                "fire-fpn", "norm", expected=f"one of {', '.join(get_args(Norm))}", got=norm
            )
        unit = round(32 * width) if width == width and width < 64 else 0
        if unit < 2:
            raise ArgumentError("fire-fpn", "width", expected="between 0.05 and 63", got=width)
        self.norm = norm
        d = 4 * unit
        self.ds1 = Down(3, 2 * unit, norm)
        self.f1 = nn.ModuleList(Fire(2 * unit, norm) for _ in range(2))
        self.ds2 = Down(2 * unit, 4 * unit, norm)
        self.f2 = nn.ModuleList(Fire(4 * unit, norm) for _ in range(3))
        self.ds3 = Down(4 * unit, 8 * unit, norm)
        self.f3 = nn.ModuleList(Fire(8 * unit, norm) for _ in range(3))
        self.f4 = nn.ModuleList(Fire(8 * unit, norm, dilation=2) for _ in range(2))
        self.dec1 = Conv(8 * unit, d, 1, norm, act="elu")
        self.dec2 = Gated(d, 8 * unit, norm)
        self.dec3 = Gated(d, 8 * unit, norm)
        self.dec4 = Gated(d, 8 * unit, norm)
        self.dec5 = Gated(d, 4 * unit, norm)
        self.predict = nn.Conv2d(d, classes, 1)
        self.offset = nn.Conv2d(d, 4, 1) if box_offsets else None

    def features(
        self, x: Float[Tensor, "images 3 h w"], rng: torch.Generator | None = None
    ) -> Features:
        """Decoder features and the deepest encoder map; `rng` draws dropout, None turns it off."""
        x = self.ds1(x)
        for fire in self.f1:
            x = fire(x)
        x = self.ds2(x)
        skips = []
        for fire in self.f2:
            x = fire(x)
            skips.append(x)
        ds3 = x = drop_channels(self.ds3(x), _KEEP_DS3, rng)
        for fire in self.f3:
            x = drop_channels(fire(x), _KEEP_F3, rng)
            skips.append(x)
        for fire in self.f4:
            x = drop_channels(fire(x), _KEEP_F4, rng)
            skips.append(x)
        _, f22, _, _, f32, _, f41, f42 = skips
        dec1 = drop_channels(self.dec1(f42), _KEEP_DEC1, rng)
        dec2 = self.dec2(dec1, f41)
        dec3 = self.dec3(dec2, f32)
        dec4 = self.dec4(dec3, ds3)
        up = functional.interpolate(dec4, scale_factor=2, mode="bilinear", align_corners=False)
        return Features([dec1, dec2, dec3, dec4, self.dec5(up, f22)], f42)

    def logits(
        self, decoder: list[Float[Tensor, "images c _h _w"]]
    ) -> list[Float[Tensor, "images classes _h _w"]]:
        """The shared prediction layer on every decoder feature."""
        return [self.predict(level) for level in decoder]

    def offsets(
        self, decoder: list[Float[Tensor, "images c _h _w"]]
    ) -> list[Float[Tensor, "images 4 _h _w"]] | None:
        """Box offsets per cell (dx, dy, dw, dh, see `targets`), or None without that branch."""
        if self.offset is None:
            return None
        return [self.offset(level) for level in decoder]


class Conv(nn.Module):
    """Convolution (size kept or halved), normalisation, shift, activation."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int | tuple[int, int],
        norm: str,
        *,
        act: Literal["elu", "leaky", "relu"],
        stride: int = 1,
        dilation: int = 1,
    ) -> None:
        super().__init__()
        tall, wide = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        padding = (dilation * (tall // 2), dilation * (wide // 2))
        self.conv = nn.Conv2d(
            inputs, outputs, (tall, wide), stride, padding, dilation=dilation, bias=False
        )
        self.norm = ShiftNorm(outputs, norm)
        self.act = act

    def forward(self, x: Float[Tensor, "images c h w"]) -> Float[Tensor, "images d h2 w2"]:
        x = self.norm(self.conv(x))
        if self.act == "elu":
            return elu(x)
        return functional.relu(x) if self.act == "relu" else functional.leaky_relu(x, 0.2)


class Down(nn.Module):
    """Halves the size: 3×3 convolution of stride 2 ‖ 2×2 maximum, concatenated."""

    def __init__(self, inputs: int, outputs: int, norm: str) -> None:
        super().__init__()
        self.conv = Conv(inputs, outputs - inputs, 3, norm, act="elu", stride=2)

    def forward(self, x: Float[Tensor, "images c h w"]) -> Float[Tensor, "images d h2 w2"]:
        return torch.cat([self.conv(x), functional.max_pool2d(x, 2)], 1)


class Fire(nn.Module):
    """Fire residual: 3×1 vertical squeeze → (3×3 ‖ 1×1) expand → concatenated → add the input.

    `dilation` is that of the 3×3 alone, as the receptive fields of f41 and f42 in PAPER §5 require.
    """

    def __init__(self, channels: int, norm: str, dilation: int = 1) -> None:
        super().__init__()
        half = channels // 2
        self.squeeze = Conv(channels, half, (3, 1), norm, act="elu")
        self.wide = Conv(half, half, 3, norm, act="elu", dilation=dilation)
        self.narrow = Conv(half, half, 1, norm, act="elu")

    def forward(self, x: Float[Tensor, "images c h w"]) -> Float[Tensor, "images c h w"]:
        squeezed = self.squeeze(x)
        return x + torch.cat([self.wide(squeezed), self.narrow(squeezed)], 1)


class Gated(nn.Module):
    """Decoder step: 3×3 on the previous step + 3×3 gate on an encoder map of the same size."""

    def __init__(self, inputs: int, skip: int, norm: str) -> None:
        super().__init__()
        self.conv = Conv(inputs, inputs, 3, norm, act="leaky")
        self.gate = Conv(skip, inputs, 3, norm, act="relu")

    def forward(
        self, x: Float[Tensor, "images c h w"], skip: Float[Tensor, "images s h w"]
    ) -> Float[Tensor, "images c h w"]:
        opened: Tensor = self.conv(x) + self.gate(skip)
        return opened


class ShiftNorm(nn.Module):
    """Normalise each channel to mean 0, variance 1 (eps 1e-3), then shift; no scale (PAPER §5)."""

    running_mean: Tensor
    running_variance: Tensor

    def __init__(self, channels: int, norm: str) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(channels))
        self.norm = norm
        if norm == "running":
            self.register_buffer("running_mean", torch.zeros(channels))
            self.register_buffer("running_variance", torch.ones(channels))

    def forward(self, x: Float[Tensor, "images c h w"]) -> Float[Tensor, "images c h w"]:
        if self.norm == "running":
            return functional.batch_norm(
                x, self.running_mean, self.running_variance, None, self.shift,
                training=self.training, momentum=0.01, eps=_EPS,
            )  # fmt: skip
        if x.shape[2:].numel() * (len(x) if self.norm == "batch" else 1) == 1:
            return torch.zeros_like(x) + self.shift[:, None, None]  # one value less its mean
        if self.norm == "batch" or len(x) == 1:
            return functional.batch_norm(x, None, None, None, self.shift, training=True, eps=_EPS)
        ones = torch.ones_like(self.shift)
        return functional.instance_norm(x, weight=ones, bias=self.shift, eps=_EPS)


class _Elu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = x.clamp(max=0).exp_().sub_(1)
        torch.maximum(x, y, out=y)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        slope: Tensor = (y + 1).clamp_(max=1)
        return grads[0] * slope


def elu(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """ELU by `exp` instead of `expm1`, which takes eight times as long on a CPU; equal to 1e-7."""
    return _Elu.apply(x)  # type: ignore[no-any-return]


def drop_channels(
    x: Float[Tensor, "images c h w"], keep: float, rng: torch.Generator | None
) -> Float[Tensor, "images c h w"]:
    """Channel dropout drawn from a CPU generator, so that every device draws the same."""
    if rng is None:
        return x
    kept = torch.rand(x.shape[:2], generator=rng) < keep
    return x * (kept.to(x) / keep)[:, :, None, None]


def initialise(network: FireNetwork, seed: int) -> None:
    """Fresh weights: He-normal convolutions, zero shifts, prediction bias at a probability of 0.1.

    Zero offsets make an untrained offset branch answer with the default box.
    """
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in network.named_parameters():
            if value.dim() == 4 and not name.startswith("offset"):
                gain = 1.0 if name.startswith("predict") else 2.0
                spread = (gain / value[0].numel()) ** 0.5
                value.copy_(torch.randn(value.shape, generator=rng) * spread)
            else:
                value.zero_()
        network.get_parameter("predict.bias").fill_(-2.2)
