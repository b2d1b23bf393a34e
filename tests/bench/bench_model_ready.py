#!/usr/bin/env python3
"""How long PyTorch takes until a model of maquette-bench.ckpt is ready for its first forward pass:
torch.load, load_state_dict and eval, as the official programs do. Give the file that
bench_model_ready has left in the temporary folder, and PyTorch of the same version as libtorch.

The model itself is made before the clock starts."""

import sys
import time

import torch


def model_of(tensors):
    """A tree of modules with a parameter for every name, in half precision."""
    root = torch.nn.Module()
    for name, tensor in tensors.items():
        module = root
        *path, last = name.split(".")
        for part in path:
            if part not in module._modules:
                module.add_module(part, torch.nn.Module())
            module = module._modules[part]
        module.register_parameter(last, torch.nn.Parameter(torch.zeros_like(tensor), False))
    return root


def flat(tree, prefix=""):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, prefix + key + ".")
        else:
            yield prefix + key, value


def main():
    path = sys.argv[1]
    model = model_of(dict(flat(torch.load(path, map_location="cpu", weights_only=True))))
    for mmap in (False, True):
        best = []
        for _ in range(3):
            begin, cpu = time.perf_counter(), time.process_time()
            tensors = dict(flat(torch.load(path, map_location="cpu", weights_only=True, mmap=mmap)))
            model.load_state_dict(tensors)
            model.eval()
            best.append((time.perf_counter() - begin, time.process_time() - cpu))
            del tensors
        wall, cpu = min(best)
        print(f"torch {torch.__version__} mmap={mmap}: {wall:.3f} s, CPU {cpu:.3f} s (best of 3)")


main()
