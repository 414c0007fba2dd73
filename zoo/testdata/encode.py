"""An encoder for exported weights, written from their description alone.

    python encode.py draw WEIGHTS FOLDER            writes pictures to encode
    python encode.py compare WEIGHTS FOLDER CODES   compares the codes of these
                                                    pictures with those in CODES

Needs numpy and safetensors.
"""

import json
import pathlib
import struct
import sys
import zlib

import numpy as np
from safetensors import safe_open

TOLERANCE = 1e-4
PICTURES = 8


def load(path):
    with safe_open(path, framework="numpy") as f:
        recipe = json.loads(f.metadata()["boltzoo.run"])["recipe"]
        return recipe["model"], {name: f.get_tensor(name) for name in f.keys()}


def encode(model, tensors, v):
    """The code of pictures v (batch, row, column, channel), from 0 to 1.

    Layer after layer h = sigmoid(b + (v - mu) W); a convolution has W of shape
    (row, column, channel, filter) and takes v - mu as zero outside the picture.
    """
    for i, layer in enumerate(model.get("layers", [model])):
        name = f"layer{i + 1}"
        w, b = tensors[name + ".weight"], tensors[name + ".hidden.bias"]
        if layer.get("centred"):
            mu = tensors[name + ".visible.mean"]
            v = v - mu.reshape((1,) * (v.ndim - mu.ndim) + mu.shape)
        if layer["type"] == "conv-rbm":
            v = convolve(v, w, layer["stride"], layer["pad"]) + b
        else:
            v = v.reshape(len(v), -1) @ w + b
        v = 1 / (1 + np.exp(-v))
    return v


def convolve(v, w, stride, pad):
    v = np.pad(v, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    rows, columns = ((v.shape[1 + axis] - w.shape[axis]) // stride + 1 for axis in (0, 1))
    y = 0
    for r in range(w.shape[0]):
        for c in range(w.shape[1]):
            part = v[:, r : r + stride * rows : stride, c : c + stride * columns : stride]
            y = y + part @ w[r, c]
    return y


def pictures(shape):
    """Pictures of the given height, width and channels, as bytes: noise over
    slopes of light."""
    random = np.random.default_rng(1)
    height, width, channels = shape
    slope = random.uniform(0, 255, (PICTURES, 4, channels))
    y, x = np.mgrid[0:1 : height * 1j, 0:1 : width * 1j]
    corners = np.stack([(1 - y) * (1 - x), (1 - y) * x, y * (1 - x), y * x])
    light = np.einsum("nkc,kyx->nyxc", slope, corners)
    return np.clip(light + random.normal(0, 20, light.shape), 0, 255).astype(np.uint8)


def write_png(path, picture):
    height, width, channels = picture.shape
    rows = b"".join(b"\0" + row.tobytes() for row in picture)

    def chunk(kind, content):
        content = kind + content
        return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))

    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2}[channels], 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def main(command, weights, folder, codes=None):
    model, tensors = load(weights)
    drawn = pictures(model["shape"])
    if command == "draw":
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True)
        for i, picture in enumerate(drawn):
            write_png(folder / f"{i}.png", picture)
        return
    want = encode(model, tensors, drawn.astype(np.float64) / 255)
    got = np.load(codes)
    if got.shape != want.shape:
        sys.exit(f"codes of shape {got.shape}, want {want.shape}")
    difference = np.abs(got - want).max()
    print(f"{len(got)} codes of {got.shape[1]}: the largest difference is {difference:.1e}, of numbers that vary by {want.std(axis=0).mean():.2f}")
    if not difference < TOLERANCE:
        sys.exit(f"want at most {TOLERANCE}")


main(*sys.argv[1:])
