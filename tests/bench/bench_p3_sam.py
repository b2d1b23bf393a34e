#!/usr/bin/env python3
"""The time of P3-SAM's network in PyTorch, on the input that bench_p3_sam has left (see there).

This is a stand-in and not the official program, which needs a graphics card: written from our
specification, arranged as that program is. Sparse convolution offset by offset with index_add,
attention in padded windows with its scores written out, all stages side by side before the feature
layers, heads on one concatenated row for every point and prompt."""

import json
import math
import struct
import sys
import time

import torch
import torch.nn.functional as F

CHANNELS, DEPTHS, WINDOW = (48, 96, 192, 384, 512), (3, 3, 3, 12, 3), 1024
PERMUTATIONS = ((2, 3, 0, 1), (2, 1, 3, 0), (0, 3, 2, 1), (1, 2, 0, 3), (2, 1, 3, 0))


def read_weights(path):
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    return {
        name: torch.frombuffer(data, dtype=torch.float32, offset=one["data_offsets"][0],
                               count=math.prod(one["shape"])).reshape(one["shape"])
        for name, one in header.items()
        if name != "__metadata__"
    }


def read(path, dtype):
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=dtype)


def interleave(words, depth):
    code = torch.zeros_like(words[0])
    for bit in range(depth - 1, -1, -1):
        for word in words:
            code = code << 1 | (word >> bit & 1)
    return code


def hilbert(words, depth):
    words = [word.clone() for word in words]
    for bit in range(depth - 1, -1, -1):
        low = (1 << bit) - 1
        for i in range(3):
            on = (words[i] >> bit & 1).bool()
            swap = torch.where(on, 0, (words[0] ^ words[i]) & low)
            words[0] = torch.where(on, words[0] ^ low, words[0] ^ swap)
            if i:
                words[i] = words[i] ^ swap
    code = interleave(words, depth)
    shift = 1
    while shift < 3 * depth:
        code ^= code >> shift
        shift *= 2
    return code


def serialized(grid, permutation):
    depth = (int(grid.max()) + 1).bit_length()
    x, y, z = grid.unbind(1)
    codes = [interleave((x, y, z), depth), interleave((y, x, z), depth),
             hilbert((x, y, z), depth), hilbert((y, x, z), depth)]
    orders = [torch.argsort(codes[k]) for k in permutation]
    inverses = []
    for order in orders:
        inverse = torch.empty_like(order)
        inverse[order] = torch.arange(len(order))
        inverses.append(inverse)
    return orders, inverses


def neighbours(grid):
    def key(cells):
        return (cells[:, 0] + 1) * (1 << 42) + (cells[:, 1] + 1) * (1 << 21) + cells[:, 2] + 1

    keys, rows = torch.sort(key(grid))
    pairs = []
    for k in range(27):
        delta = torch.tensor([k // 9 - 1, k // 3 % 3 - 1, k % 3 - 1])
        wanted = key(grid + delta)
        at = torch.searchsorted(keys, wanted).clamp(max=len(keys) - 1)
        there = keys[at] == wanted
        pairs.append((there.nonzero().squeeze(1), rows[at[there]]))
    return pairs


class Network:
    def __init__(self, weights):
        self.w = weights

    def linear(self, x, name):
        return F.linear(x, self.w[name + ".weight"], self.w[name + ".bias"])

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.w[name + ".weight"], self.w[name + ".bias"], 1e-5)

    def convolution(self, x, pairs, name):
        taps = self.w[name + ".weight"]
        out = self.w[name + ".bias"].expand(len(x), -1).clone()
        for k, (cells, others) in enumerate(pairs):
            tap = taps[:, k // 9, k // 3 % 3, k % 3, :]
            out.index_add_(0, cells, x[others] @ tap.t())
        return out

    def attention(self, x, order, inverse, name):
        n, c = x.shape
        heads, size = c // 16, min(WINDOW, n)
        padded = (n + size - 1) // size * size
        slots = torch.arange(padded)
        if padded > n:
            slots[n:] -= size
        rows = self.linear(x, name + ".qkv")[order[slots]]
        q, k, v = rows.reshape(-1, size, 3, heads, 16).permute(2, 0, 3, 1, 4).unbind(0)
        scores = torch.softmax((q * 0.25) @ k.transpose(-2, -1), -1)
        seen = (scores @ v).transpose(1, 2).reshape(-1, c)
        return self.linear(seen[inverse], name + ".proj")

    def block(self, x, pairs, order, inverse, name):
        y = self.linear(self.convolution(x, pairs, name + ".cpe.0"), name + ".cpe.1")
        x = x + self.norm(y, name + ".cpe.2")
        x = x + self.attention(self.norm(x, name + ".norm1.0"), order, inverse, name + ".attn")
        y = F.gelu(self.linear(self.norm(x, name + ".norm2.0"), name + ".mlp.0.fc1"))
        return x + self.linear(y, name + ".mlp.0.fc2")

    def encoder(self, rows, grid):
        x = F.gelu(self.norm(self.linear(rows, "sonata.embedding.stem.linear"),
                             "sonata.embedding.stem.norm"))
        features, clusters = [], []
        for s, depth in enumerate(DEPTHS):
            if s:
                grid, cluster = torch.unique(grid >> 1, dim=0, return_inverse=True)
                y = self.linear(x, f"sonata.enc.enc{s}.down.proj")
                x = torch.full((len(grid), y.shape[1]), -math.inf).scatter_reduce(
                    0, cluster[:, None].expand_as(y), y, "amax")
                x = F.gelu(self.norm(x, f"sonata.enc.enc{s}.down.norm.0"))
                clusters.append(cluster)
            orders, inverses = serialized(grid, PERMUTATIONS[s])
            pairs = neighbours(grid)
            for b in range(depth):
                x = self.block(x, pairs, orders[b % 4], inverses[b % 4],
                               f"sonata.enc.enc{s}.block{b}")
            features.append(x)
        for s in range(len(clusters) - 1, -1, -1):
            x = torch.cat([features[s], x[clusters[s]]], 1)
        return x

    def layers(self, x, name):
        x = F.gelu(self.linear(x, name + ".0"))
        return self.linear(F.gelu(self.linear(x, name + ".2")), name + ".4")

    def heads(self, features, points, prompts):
        n, k = len(points), len(prompts)
        x = torch.cat([features[:, None].expand(n, k, -1), points[:, None].expand(n, k, 3),
                       prompts[None].expand(n, k, 3)], -1)
        z = torch.cat([self.layers(x, f"seg_mlp_{h}") for h in (1, 2, 3)], -1)
        whole = self.layers(torch.cat([x, z], -1), "seg_s2_mlp_g").max(0, keepdim=True)[0]
        x = torch.cat([whole.expand(n, k, -1), x], -1)
        second = torch.cat([x, z], -1)
        z = torch.cat([self.layers(second, f"seg_s2_mlp_{h}") for h in (1, 2, 3)], -1)
        pooled = self.layers(torch.cat([x, z], -1), "iou_mlp").max(0)[0]
        return torch.sigmoid(z), torch.sigmoid(self.layers(pooled, "iou_mlp_out"))


@torch.inference_mode()
def main():
    weights, folder = sys.argv[1:3]
    torch.set_num_threads(2)
    network = Network(read_weights(weights))
    places = read(folder + "/places.f64", torch.float64).reshape(-1, 3)
    normals = read(folder + "/normals.f64", torch.float64).reshape(-1, 3)
    grid = read(folder + "/cells.i32", torch.int32).reshape(-1, 3).long()
    inverse = read(folder + "/inverse.i32", torch.int32).long()
    chosen = read(folder + "/representatives.i64", torch.int64)
    rows = torch.cat([places[chosen].float(), torch.full((len(chosen), 3), 1 / 255),
                      normals[chosen].float()], 1)
    begin = time.perf_counter()
    upcast = network.encoder(rows, grid)
    encoded = time.perf_counter()
    features = network.layers(upcast, "mlp")
    merged = time.perf_counter()
    print(f"encoder {encoded - begin:.2f} s, feature layers {merged - encoded:.2f} s, mean |feature| "
          f"{features.abs().mean():.6f}")
    points = places.float()
    begin = time.perf_counter()
    network.heads(features[inverse], points, points[:2])
    print(f"heads {(time.perf_counter() - begin) / 2:.2f} s a prompt, two at a time")


main()
