"""Whole epochs of a classical RBM, 784-500 on MNIST, batches of 100: zoo,
scikit-learn's BernoulliRBM, and PyTorch, in turn, round by round.

    python epochs.py --zoo ZOO --data DATA [--rounds N] [--threads N] [--warm]

All take one Gibbs step with drawn hidden states and plain gradient descent at
rate 0.1, from float32, and draw the order of the digits anew in every epoch.
zoo is `zoo train`, with its log, through its loader and trainer; its rate is what
it prints. scikit-learn's chains persist, and it has no other way. PyTorch has
the statistics written out, and the gradient of the free energies by autograd,
each as it is and compiled; --warm compiles, before anything is measured. DATA
has the folder mnist. Needs scikit-learn, numpy and PyTorch.
"""

import argparse
import gzip
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

# Presets for other programs would give these other threads than they are
# compared at.
for name in list(os.environ):
    if name.startswith(("OPENBLAS_", "OMP_", "GOMP_", "KMP_", "MKL_", "DNNL_", "ONEDNN_")):
        del os.environ[name]

VISIBLE, HIDDEN, BATCH, RATE = 784, 500, 100, 0.1
ZOO_EPOCHS = 4  # the first steps are slower, so that one epoch would be unfair to zoo's rate


def digits(data):
    """All training digits, as rows of values from 0 to 1."""
    import numpy as np

    with gzip.open(pathlib.Path(data) / "mnist" / "train-images-idx3-ubyte.gz") as f:
        return np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, VISIBLE).astype(np.float32) / 255


class Torch:
    """An RBM in PyTorch."""

    def __init__(self, x, autograd, compiled):
        import torch

        self.x = torch.from_numpy(x)
        generator = torch.Generator().manual_seed(1)
        self.w = torch.randn(VISIBLE, HIDDEN, generator=generator) * 0.01
        self.a, self.b = torch.zeros(VISIBLE), torch.zeros(HIDDEN)
        self.step = self.by_autograd if autograd else torch.no_grad()(self.by_statistics)
        if autograd:
            for p in (self.w, self.a, self.b):
                p.requires_grad_()
            self.optimizer = torch.optim.SGD([self.w, self.a, self.b], lr=RATE)
            self.compute = torch.compile(self.loss) if compiled else self.loss
        elif compiled:
            self.step = torch.no_grad()(torch.compile(self.by_statistics))

    def chain(self, v):
        import torch

        h = torch.sigmoid(torch.addmm(self.b, v, self.w))
        return h, torch.sigmoid(torch.addmm(self.a, torch.bernoulli(h), self.w.t()))

    def by_statistics(self, v):
        import torch

        h, v1 = self.chain(v)
        h1 = torch.sigmoid(torch.addmm(self.b, v1, self.w))
        rate = RATE / len(v)
        self.w.addmm_(v.t(), h, alpha=rate).addmm_(v1.t(), h1, alpha=-rate)
        self.a.add_((v - v1).sum(0), alpha=rate)
        self.b.add_((h - h1).sum(0), alpha=rate)

    def free_energy(self, v):
        import torch.nn.functional as F

        return -(v @ self.a).mean() - F.softplus(v @ self.w + self.b).sum(1).mean()

    def loss(self, v):
        import torch

        with torch.no_grad():
            v1 = self.chain(v)[1]
        return self.free_energy(v) - self.free_energy(v1)

    def by_autograd(self, v):
        self.optimizer.zero_grad(set_to_none=True)
        self.compute(v).backward()
        self.optimizer.step()

    def epoch(self):
        import torch

        for batch in torch.randperm(len(self.x)).split(BATCH):
            self.step(self.x[batch])

    def error(self):
        import torch

        with torch.no_grad():
            return (self.x[:1000] - self.chain(self.x[:1000])[1]).square().mean().item()


def scikit(x):
    """Seconds of an epoch."""
    from sklearn.neural_network import BernoulliRBM

    rbm = BernoulliRBM(HIDDEN, learning_rate=RATE, batch_size=BATCH, n_iter=1, random_state=1)
    start = time.perf_counter()
    rbm.fit(x)
    seconds = time.perf_counter() - start
    assert rbm.components_.dtype == x.dtype, "float32 became another type"
    return seconds


def ours(arguments):
    """Seconds of an epoch, by the rate that a training of some prints at its end."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [arguments.zoo, "train", "mnist-rbm-cd1", "--data-dir", arguments.data, "--out", f"{folder}/run",
             "--epochs", str(ZOO_EPOCHS), "--set", f'stages.0.optimizer={{"type":"sgd","rate":{RATE}}}', "--set", "stages.0.schedule=",
             "--set", "stages.0.data_start=0", "--set", "stages.0.draw_data=false", "--set", f"stages.0.batch={BATCH}"],
            env=os.environ | {"GOMAXPROCS": str(arguments.threads)}, capture_output=True, text=True, check=True)
    rates = re.findall(r"([\d.]+) images/s", done.stdout + done.stderr)
    return 60000 / float(rates[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zoo", default="zoo", help="the command")
    parser.add_argument("--data", required=True, help="the folder of data sets")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--warm", action="store_true", help="only compile, so that another run need not")
    arguments = parser.parse_args()
    import torch

    torch.set_num_threads(arguments.threads)
    x = digits(arguments.data)
    machines = {
        f"PyTorch, {kind}{', compiled' if compiled else ''}": Torch(x, kind == "autograd", compiled)
        for kind in ("statistics", "autograd")
        for compiled in (False, True)
    }
    for machine in machines.values():
        for _ in range(5):
            machine.step(machine.x[:BATCH])
    if arguments.warm:
        return
    seconds = {name: [] for name in ("zoo", "scikit-learn", *machines)}
    for _ in range(arguments.rounds):
        seconds["zoo"].append(ours(arguments))
        seconds["scikit-learn"].append(scikit(x))
        for name, machine in machines.items():
            start = time.perf_counter()
            machine.epoch()
            seconds[name].append(time.perf_counter() - start)
            assert machine.error() < 0.05, f"{name} does not learn"
    print(f"{arguments.threads} threads, median (smallest to largest) of {arguments.rounds} epochs")
    for name, s in seconds.items():
        ratios = [a / b for a, b in zip(s, seconds["zoo"])]
        print(f"{name:28} {statistics.median(s):6.2f} s ({min(s):.2f} to {max(s):.2f}), {statistics.median(ratios):5.2f} times zoo's")


main()
