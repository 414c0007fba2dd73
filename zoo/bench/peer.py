"""The training steps of `zoo bench` in PyTorch, on the CPU.

    python peer.py check FILE...              compares loss, gradients and a step with zoo's
    python peer.py time --variant V FILE...   times steps, prints JSON
    python peer.py choose FILE...             times all variants, writes the best to FILE.variant
    python peer.py versus --zoo ZOO FILE...   times zoo and the best variant in turn, pair by pair

FILEs are what `zoo bench --export FOLDER` writes: weights, a batch of pictures,
and what a step of zoo makes of them. Needs PyTorch and nothing else. The script
versus, beside this file, installs it, makes the files and compares.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import warnings

warnings.filterwarnings("ignore", message="Failed to initialize NumPy")  # which is not needed

# Presets for other programs would slow this one down, or give it other
# threads than it is compared at.
for name in list(os.environ):
    if name.startswith(("OPENBLAS_", "OMP_", "GOMP_", "KMP_", "MKL_", "DNNL_", "ONEDNN_")):
        del os.environ[name]

TOLERANCE = 1e-4  # of loss and gradients, relative to the largest gradient of a tensor
MEAN_RATE = 0.01  # how far the running means of centred layers move towards those of a batch
ROUNDS, ROUND = 9, 0.06  # as zoo bench: so many rounds, of so many seconds at the least

# A variant is how a step is run, how it is optimised, and how pictures lie in
# memory (which is the same for models without). Compiled whole, the optimiser
# is compiled too.
VARIANTS = [
    f"{how}/{layout}"
    for layout in ("nhwc", "nchw")
    for how in ("eager/fused", "eager/foreach", "compile/fused", "max-autotune/fused", "whole/foreach")
]
PATIENCE = 600  # seconds for a variant to compile and run

def load(path):
    """The tensors and the metadata of a safetensors file of float32."""
    import torch

    content = bytearray(pathlib.Path(path).read_bytes())
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        assert entry["dtype"] == "F32", name
        x = torch.frombuffer(content, dtype=torch.float32, count=(end - begin) // 4, offset=8 + length + begin)
        tensors[name] = x.reshape(entry["shape"]).clone()
    return tensors, metadata


class Layer:
    """A restricted Boltzmann machine of logistic units, dense or convolutional:

    F(v) = -a.(v-mu) - g sum[softplus(x) - lambda x],  x = b + (v-mu)W,
    v' = sigmoid(a + g (h-lambda)W^T),  h = sigmoid(x)
    """

    def __init__(self, spec, name, shape, tensors, channels_last):
        import torch

        self.name, self.shape, self.conv = name, shape, spec["type"] == "conv-rbm"
        self.copies = spec.get("copies") or 1
        self.centred = spec.get("centred", False)
        get = lambda part: tensors[f"{name}.{part}"].clone()
        w, a = get("weight"), get("visible.bias")
        if self.conv:
            self.stride, self.pad = spec["stride"], spec["pad"]
            w = w.permute(3, 2, 0, 1).contiguous()
            if channels_last:
                w = w.contiguous(memory_format=torch.channels_last)
        else:
            a = a.flatten()
        self.w, self.a, self.b = (x.requires_grad_() for x in (w, a, get("hidden.bias")))
        if self.centred:
            self.mu, self.mean = get("visible.mean").reshape(a.shape), get("hidden.mean")

    def parameters(self):
        return {"weight": self.w, "visible.bias": self.a, "hidden.bias": self.b}

    def tensors(self):
        means = {"visible.mean": self.mu, "hidden.mean": self.mean} if self.centred else {}
        return self.parameters() | means

    def ours(self, part, x):
        """The tensor as zoo has it."""
        return x.permute(2, 3, 1, 0) if part == "weight" and self.conv else x

    def places(self, x):
        """A value a channel, to be added to pictures."""
        return x.view(-1, 1, 1) if self.conv else x

    def over_places(self, x):
        """The sum over a batch, and over places."""
        return x.sum((0, 2, 3)) if self.conv else x.sum(0)

    def up(self, v):
        import torch
        import torch.nn.functional as F

        if self.centred:
            v = v - self.places(self.mu)
        if self.conv:
            return F.conv2d(v, self.w, self.b, self.stride, self.pad)
        return torch.addmm(self.b, v, self.w)

    def down(self, h):
        import torch
        import torch.nn.functional as F

        if self.centred:
            h = h - self.places(self.mean)
        if self.copies != 1:
            h = h * self.copies
        if self.conv:
            return F.conv_transpose2d(h, self.w, self.a, self.stride, self.pad)
        return torch.addmm(self.a, h, self.w.t())

    def contrast(self, v):
        """The loss <F(v) - F(v')>, with v' held constant, and the means h."""
        import torch
        import torch.nn.functional as F

        x = self.up(v)
        with torch.no_grad():
            h = torch.sigmoid(x)
            chain = torch.sigmoid(self.down(h))
        y = self.up(chain)
        # Both free energies have a.mu, which cancels.
        loss = (self.over_places(chain - v) * self.a).sum()
        loss = loss + self.copies * (F.softplus(y).sum() - F.softplus(x).sum())
        if self.centred:
            loss = loss + self.copies * ((self.over_places(x) - self.over_places(y)) * self.mean).sum()
        return loss / len(v), h

    def recentre(self, v, h):
        """Moves the running means towards those of the batch, and the biases so
        that pre-activations stay as they are."""
        import torch

        visible, hidden = self.over_places(v), self.over_places(h)
        visible, hidden = visible * (len(visible) / v.numel()), hidden * (len(hidden) / h.numel())
        up = self.up(self.places(visible).expand(v.shape[1:])[None])
        down = self.down(self.places(hidden).expand(h.shape[1:])[None])
        up, down = (self.over_places(x) * (x.shape[1] / x.numel()) for x in (up, down))
        for x, to in ((self.mu, visible), (self.mean, hidden), (self.b, up), (self.a, down)):
            x.detach().lerp_(to, MEAN_RATE)


class Stack:
    """Restricted Boltzmann machines on top of one another, each learning from
    the means of the one below, with no gradient between them."""

    def __init__(self, spec, tensors, channels_last):
        self.layers, self.channels_last, shape = [], channels_last, spec["shape"]
        for i, layer in enumerate(spec.get("layers", [spec])):
            self.layers.append(Layer(layer, f"layer{i + 1}", shape, tensors, channels_last))
            if layer["type"] == "conv-rbm":
                sides = [(n + 2 * layer["pad"] - layer["kernel"]) // layer["stride"] + 1 for n in shape[:2]]
                shape = [*sides, layer["filters"]]
            else:
                shape = [layer["units"]]

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters().values()]

    def tensors(self):
        for layer in self.layers:
            for part, x in layer.tensors().items():
                yield f"{layer.name}.{part}", x, lambda x, layer=layer, part=part: layer.ours(part, x)

    def input(self, batch):
        import torch

        if not self.layers[0].conv:
            return batch.flatten(1)
        batch = batch.permute(0, 3, 1, 2)
        return batch.contiguous(memory_format=torch.channels_last if self.channels_last else torch.contiguous_format)

    def loss(self, v):
        total, states = 0, []
        for layer in self.layers:
            if not layer.conv and v.ndim == 4:
                v = v.permute(0, 2, 3, 1).flatten(1)
            loss, h = layer.contrast(v)
            total = total + loss
            states.append((v, h))
            v = h
        return total, states

    def after(self, states):
        """What is done beside the update."""
        for layer, (v, h) in zip(self.layers, states):
            if layer.centred:
                layer.recentre(v, h)


class Autoencoder:
    """A deep autoencoder of ReLU units with logistic output."""

    def __init__(self, spec, tensors, channels_last):
        import torch
        from torch import nn

        assert spec.keys() == {"type", "shape", "layers"}, "other activations than the default ones"
        self.names, modules = [], []
        for part in ("encoder", "decoder"):
            for i in range(len(spec["layers"])):
                w, b = tensors[f"{part}{i + 1}.weight"], tensors[f"{part}{i + 1}.bias"]
                linear = nn.Linear(*w.shape)
                with torch.no_grad():
                    linear.weight.copy_(w.t())
                    linear.bias.copy_(b)
                self.names.append((f"{part}{i + 1}", linear))
                modules += [linear, nn.ReLU()]
        self.net = nn.Sequential(*modules[:-1], nn.Sigmoid())

    def parameters(self):
        return list(self.net.parameters())

    def tensors(self):
        for name, linear in self.names:
            yield f"{name}.weight", linear.weight, lambda x: x.t()
            yield f"{name}.bias", linear.bias, lambda x: x

    def input(self, batch):
        return batch.flatten(1)

    def loss(self, v):
        import torch.nn.functional as F

        return F.mse_loss(self.net(v), v), None

    def after(self, _):
        pass


class Step:
    """A training step of the model in a file."""

    def __init__(self, path, variant):
        import torch

        mode, adam, layout = variant.split("/")
        self.tensors, metadata = load(path)
        spec = json.loads(metadata["model"])
        kind = Autoencoder if spec["type"] == "autoencoder" else Stack
        self.model = kind(spec, self.tensors, layout == "nhwc")
        self.v = self.model.input(self.tensors["batch"])
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=float(metadata["rate"]), **{adam: True})
        self.loss, self.after, self.update = self.model.loss, torch.no_grad()(self.model.after), self.optimizer.step
        if mode != "eager":
            options = {"mode": "max-autotune"} if mode == "max-autotune" else {}
            self.loss = torch.compile(self.loss, **options)
            self.after = torch.compile(self.after, **options)
            if mode == "whole":  # the optimiser, too
                self.update = torch.compile(self.update)

    def gradients(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss, states = self.loss(self.v)
        loss.backward()
        return loss, states

    def __call__(self):
        loss, states = self.gradients()
        self.after(states)
        self.update()
        return loss


def check(path, variant):
    """Compares the step in a file with PyTorch's. Returns the largest
    differences of loss and gradients, and of what a step changes."""
    import torch

    step = Step(path, variant)
    loss, _ = step.gradients()
    want = step.tensors["loss"].item()
    worst = abs(loss.item() - want) / abs(want)
    before = {}
    for name, x, ours in step.model.tensors():
        before[name] = ours(x.detach()).clone()
        gradient = step.tensors.get(f"gradient.{name}")
        if gradient is None:
            continue
        difference = (ours(x.grad).reshape(gradient.shape) - gradient).abs().max() / gradient.abs().max()
        worst = max(worst, difference.item())
    step()
    # The first step of Adam goes by the signs of gradients, so the smallest of
    # them decide by their rounding: what is compared is the whole change.
    moved = 0
    for name, x, ours in step.model.tensors():
        want = step.tensors[f"after.{name}"].reshape(before[name].shape) - before[name]
        got = ours(x.detach()) - before[name]
        moved = max(moved, ((got - want).norm() / want.norm()).item())
    return worst, moved


def measure(step):
    """Seconds of a step: the median of rounds."""
    for _ in range(3):
        step()
    start, n = time.perf_counter(), 0
    while n == 0 or time.perf_counter() - start < ROUND / 4:
        step()
        n += 1
    n = max(1, round(n * ROUND / (time.perf_counter() - start)))
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(n):
            step()
        rounds.append((time.perf_counter() - start) / n)
    return statistics.median(rounds)


def name_of(path):
    return pathlib.Path(path).stem


def output(command, arguments):
    """What a command prints, as JSON; the command runs behind --before."""
    done = subprocess.run(arguments.before.split() + command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout)


def theirs(path, variant, arguments):
    command = [sys.executable, __file__, "time", "--variant", variant, "--threads", str(arguments.threads), path]
    return output(command, arguments)["ms"]


def ours(path, arguments):
    command = [arguments.zoo, "bench", "--only", "steps", "--step", name_of(path), "--json", "--threads", str(arguments.threads)]
    return output(command, arguments)["steps"][0]["ms"]


def choose(path, arguments):
    """The fastest variant. One that does not run is told of and passed over."""
    took = {}
    convolutional = "conv-rbm" in load(path)[1]["model"]
    for variant in VARIANTS:
        if variant.endswith("nchw") and not convolutional:
            continue
        try:
            theirs(path, variant, arguments)  # compiles
            took[variant] = theirs(path, variant, arguments)
            print(f"{name_of(path)}: {variant}: {took[variant]:.3f} ms", file=sys.stderr)
        except (RuntimeError, subprocess.TimeoutExpired) as problem:
            print(f"{name_of(path)}: {variant} does not run: {problem}", file=sys.stderr)
    return min(took, key=took.get)


def chosen(path, arguments, again=False):
    note = pathlib.Path(f"{path}.variant")
    if again or not note.exists():
        note.write_text(choose(path, arguments))
    return note.read_text()


def spread(x, digits):
    return f"{statistics.median(x):.{digits}f} ({min(x):.{digits}f} to {max(x):.{digits}f})"


def versus(arguments):
    best = {path: chosen(path, arguments) for path in arguments.files}
    times = {path: [] for path in arguments.files}
    for pair in range(arguments.pairs):
        for path, pairs in times.items():
            pairs.append((ours(path, arguments), theirs(path, best[path], arguments)))
            print(f"{name_of(path)}, pair {pair + 1}: zoo {pairs[-1][0]:.3f} ms, PyTorch {pairs[-1][1]:.3f} ms", file=sys.stderr)
    print(f"{arguments.threads} threads, median (smallest to largest) of {arguments.pairs} pairs")
    for path, pairs in times.items():
        a, b = zip(*pairs)
        ratio = spread([y / x for x, y in pairs], 2)
        print(f"{name_of(path)}: zoo {spread(a, 2)} ms, PyTorch {best[path]} {spread(b, 2)} ms: {ratio} times as fast")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["check", "time", "choose", "versus"])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--variant", choices=VARIANTS, default=VARIANTS[0])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--zoo", default="zoo", help="the command")
    parser.add_argument("--before", default="", help="what measurements run behind, such as taskset -c 0,1")
    arguments = parser.parse_args()
    if arguments.command == "versus":
        versus(arguments)
        return
    if arguments.command == "choose":
        for path in arguments.files:
            print(f"{name_of(path)}: {chosen(path, arguments, again=True)}")
        return
    import torch

    torch.set_num_threads(arguments.threads)
    for path in arguments.files:
        if arguments.command == "time":
            ms = 1e3 * measure(Step(path, arguments.variant))
            print(json.dumps({"name": name_of(path), "variant": arguments.variant, "ms": ms}))
            continue
        worst, moved = check(path, arguments.variant)
        print(f"{name_of(path)}: loss and gradients differ by {worst:.1e}, a step by {moved:.1e}")
        if not (worst < TOLERANCE and moved < 100 * TOLERANCE):
            sys.exit(f"want at most {TOLERANCE} and {100 * TOLERANCE}")


main()
