"""The network against the table of PAPER §5: parameters, strides, receptive fields."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="fire-fpn needs torch")

from labelnext.detectors.fire_fpn.boxes import default_boxes  # noqa: E402
from labelnext.detectors.fire_fpn.network import (  # noqa: E402
    FireNetwork,
    ShiftNorm,
    drop_channels,
    elu,
    initialise,
)
from labelnext.errors import ArgumentError  # noqa: E402


def _count(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def test_parameters_at_width_1() -> None:
    network = FireNetwork(classes=1, width=1.0, norm="batch")
    blocks = {
        "ds1": 1_708, "f1": 2 * 16_480, "ds2": 36_928, "f2": 3 * 65_728, "ds3": 147_584,
        "f3": 3 * 262_528, "f4": 2 * 262_528, "dec1": 32_896, "dec2": 442_624, "dec3": 442_624,
        "dec4": 442_624, "dec5": 295_168, "predict": 129,
    }  # fmt: skip
    assert {name: _count(module) for name, module in network.named_children()} == blocks
    assert _count(network) == sum(blocks.values()) == 3_385_069


def test_parameters_of_more_classes_and_offsets() -> None:
    network = FireNetwork(classes=3, box_offsets=True, norm="instance")
    assert _count(network) == 3_385_069 + 2 * 129 + 4 * 129


def test_sizes_of_the_levels() -> None:
    network = FireNetwork(classes=2, width=0.125, box_offsets=True, norm="instance")
    features = network.features(torch.zeros(2, 3, 40, 56))
    assert features.deepest.shape == (2, 32, 5, 7)
    shapes = [tuple(level.shape) for level in network.logits(features.decoder)]
    assert shapes == [(2, 2, 5, 7)] * 4 + [(2, 2, 10, 14)]
    offsets = network.offsets(features.decoder)
    assert offsets is not None
    assert [tuple(level.shape) for level in offsets] == [(2, 4, 5, 7)] * 4 + [(2, 4, 10, 14)]


class _Plain(torch.nn.Module):
    """Stands in for a normalisation, which would make every pixel see every other."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


RECEPTIVE = {
    "ds1": (3, 3), "f1.1": (19, 11), "ds2": (23, 15), "f2.1": (55, 31), "ds3": (79, 47),
    "f3.1": (143, 79), "f4.0": (223, 127), "f4.1": (271, 159),
}  # fmt: skip


def test_receptive_fields_by_gradient() -> None:
    torch.manual_seed(0)
    network = FireNetwork(classes=1, width=0.125, norm="instance").double()
    for name, module in list(network.named_modules()):
        if isinstance(module, ShiftNorm):
            network.get_submodule(name.rpartition(".")[0]).norm = _Plain()
    with torch.no_grad():
        for p in network.parameters():
            p.copy_(p.abs() + 0.01)  # nothing cancels, no rectifier closes
    seen: dict[str, torch.Tensor] = {}
    for name in RECEPTIVE:
        network.get_submodule(name).register_forward_hook(
            lambda _m, _i, out, name=name: seen.update({name: out})
        )
    x = torch.rand(1, 3, 320, 320, dtype=torch.double).add_(0.1).requires_grad_()
    network.features(x)
    for name, (height, width) in RECEPTIVE.items():
        out = seen[name]
        middle = out[0, :, out.shape[2] // 2, out.shape[3] // 2]
        # Its first channels are convolutions; the maximum beside it sees less.
        (grad,) = torch.autograd.grad((middle / middle.detach()).sum(), x, retain_graph=True)
        hit = grad[0].abs().sum(0) > 0
        rows, columns = torch.nonzero(hit.any(1)).flatten(), torch.nonzero(hit.any(0)).flatten()
        extent = (int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1)
        assert extent == (height, width), name


def test_default_boxes_of_the_program_are_the_receptive_fields() -> None:
    fields = [RECEPTIVE[name] for name in ("f4.1", "f4.0", "f3.1", "ds3", "f2.1")]
    boxes = default_boxes("authors-code")
    assert [(h, w) for w, h in boxes] == fields
    np.testing.assert_array_equal(
        default_boxes("authors-code", level_order="reversed"), boxes[::-1]
    )
    np.testing.assert_array_equal(
        default_boxes(), [(160, 270), (130, 225), (80, 145), (50, 80), (31, 55)]
    )
    np.testing.assert_allclose(default_boxes(box_scale=0.5), default_boxes() / 2)


@pytest.mark.parametrize(
    "wrong", [{"box_set": "mine"}, {"level_order": "up"}, {"box_scale": 0}, {"box_scale": np.nan}]
)
def test_unfit_boxes_are_named(wrong: dict[str, object]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(wrong))):
        default_boxes(**{"box_set": "paper", **wrong})


@pytest.mark.parametrize("shape", [(1, 4, 6, 5), (3, 4, 6, 5), (2, 4, 1, 1)])
def test_instance_statistics_in_plain_loops(shape: tuple[int, ...]) -> None:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    layer = ShiftNorm(4, "instance")
    with torch.no_grad():
        layer.shift.copy_(torch.tensor([0.0, 1.0, -1.0, 2.0]))
        got = layer(x).numpy()
    for n in range(shape[0]):
        for c in range(4):
            values = x[n, c].numpy().astype(np.float64)
            wanted = (values - values.mean()) / np.sqrt(values.var() + 1e-3)
            np.testing.assert_allclose(got[n, c], wanted + layer.shift[c].item(), atol=1e-5)


def test_batch_statistics_equal_instance_statistics_at_batch_1_only() -> None:
    one, two = (FireNetwork(classes=1, width=0.125, norm=n) for n in ("instance", "batch"))
    initialise(one, 0)
    initialise(two, 0)
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        outs = [[net.logits(net.features(part).decoder)[0] for net in (one, two)]
                for part in (x[:1], x)]  # fmt: skip
    assert torch.equal(*outs[0])
    assert not torch.allclose(*outs[1], atol=1e-2)


def test_running_statistics_follow_training_and_hold_at_test() -> None:
    layer = ShiftNorm(2, "running")
    x = torch.randn(1, 2, 8, 8, generator=torch.Generator().manual_seed(0)) * 3 + 5
    for _ in range(700):
        layer(x)
    layer.eval()
    np.testing.assert_allclose(layer.running_mean, x.mean((0, 2, 3)), rtol=1e-3)
    one = layer(x[..., :4, :])
    torch.testing.assert_close(one, layer(x)[..., :4, :])


def test_elu_value_and_gradient() -> None:
    x = torch.linspace(-20, 20, 401, dtype=torch.double, requires_grad=True)
    y = elu(x)
    wanted = torch.nn.functional.elu(x)
    torch.testing.assert_close(y, wanted)
    (got,) = torch.autograd.grad(y.sum(), x)
    (grad,) = torch.autograd.grad(wanted.sum(), x)
    torch.testing.assert_close(got, grad)


def test_dropped_channels_keep_their_share_and_mean() -> None:
    x = torch.ones(50, 200, 2, 3)
    out = drop_channels(x, 0.9, torch.Generator().manual_seed(0))
    whole = out.flatten(2)
    assert torch.equal(whole.amin(2), whole.amax(2))
    assert set(np.round(out.unique().numpy(), 5)) == {np.float32(0), np.float32(1.11111)}
    assert abs(float(out.mean()) - 1) < 0.02
    assert drop_channels(x, 0.9, None) is x


@pytest.mark.parametrize("width", [0, -1, float("nan"), 64])
def test_unfit_widths_are_refused(width: float) -> None:
    with pytest.raises(ArgumentError, match="width"):
        FireNetwork(classes=1, width=width, norm="batch")
