#!/usr/bin/env python3
"""Times of the official P3-SAM beside ours, in one run, and how far the two agree.

    python tests/bench/bench_p3_sam_official.py CHECKOUT build/dev/bin [ROUNDS]

CHECKOUT is a checkout of Hunyuan3D-Part (Tencent; tried with e96be06), of which nothing is copied
here. It is imported from where it lies and runs as it is on the same mesh and the same random
weights that bench_p3_sam --compare and bench_masks --compare leave; those two are started in turns
with it, ROUNDS times (3). Needs the torch that Maquette is built with, spconv, trimesh 4.8.3,
fpsample, numba, timm, addict, scikit-learn, omegaconf, safetensors, huggingface_hub, tqdm, scipy.

What is replaced, because there is no graphics card or no network:
  - Tensor.cuda() and Module.cuda() do nothing
  - flash attention is switched off in Sonata's configuration: the program's own other path computes
    in single precision
  - spconv's convolution is a product for each offset and index_add, with its pairs kept as spconv
    keeps them. Its own processor kernels (2.3.8) are not slower, but on two cores they spoil a row
    or two of the result in every third call
  - torch_scatter.segment_csr is made of torch.Tensor.scatter_reduce
  - sonata.load makes the network from the configuration in XPart/partgen/config instead of fetching
    weights that are overwritten anyway
  - numpy.argsort within GridSample is stable, so that both programs choose the same samples
  - the heads are asked 4 prompts at a time, not 32, which would need more than 20 GB
  - for the steps after the network, mesh_sam() runs whole; get_mask() returns given masks, get_feat()
    only shifts the points in place as it does, and prompts and samples are the given ones
"""

import contextlib
import io
import json
import subprocess
import sys
import tempfile
import time
import types
from pathlib import Path

import numpy as np
import torch

ASKED = 4


def segment_csr(values, bounds, reduce):
    """What torch_scatter does with rows sorted by group."""
    group = torch.repeat_interleave(torch.arange(len(bounds) - 1), bounds.diff())
    out = values.new_zeros(len(bounds) - 1, values.shape[1])
    how = {"max": "amax", "min": "amin", "mean": "mean", "sum": "sum"}[reduce]
    return out.scatter_reduce(0, group[:, None].expand_as(values), values, how, include_self=False)


def neighbours(grid):
    """Rows of cells and of their neighbours, for each of 27 offsets."""

    def key(cells):
        return ((cells[:, 0] + 1) << 42) + ((cells[:, 1] + 1) << 21) + cells[:, 2] + 1

    keys, rows = torch.sort(key(grid))
    pairs = []
    for k in range(27):
        wanted = key(grid + torch.tensor([k // 9 - 1, k // 3 % 3 - 1, k % 3 - 1]))
        at = torch.searchsorted(keys, wanted).clamp(max=len(keys) - 1)
        there = keys[at] == wanted
        pairs.append((there.nonzero().squeeze(1), rows[at[there]]))
    return pairs


def convolution(layer, given):
    """What spconv.SubMConv3d does."""
    pairs = given.indice_dict.get(layer.indice_key)
    if pairs is None:
        pairs = given.indice_dict[layer.indice_key] = neighbours(given.indices[:, 1:].long())
    x, taps = given.features, layer.weight.flatten(1, 3)  # [out, 27, in]
    out = torch.addmm(layer.bias, x, taps[:, 13].t())
    for k, (cells, others) in enumerate(pairs):
        if k != 13:
            out.index_add_(0, cells, x[others] @ taps[:, k].t())
    return given.replace_feature(out)


def official(checkout):
    """The program's main module, ready for a machine without a graphics card."""
    torch.Tensor.cuda = lambda self, *_, **__: self
    torch.nn.Module.cuda = lambda self, *_, **__: self
    scatter = types.ModuleType("torch_scatter")
    scatter.segment_csr = segment_csr
    sys.modules["torch_scatter"] = scatter
    sys.path[:0] = [str(checkout / "P3-SAM"), str(checkout / "P3-SAM" / "demo"),
                    str(checkout / "XPart" / "partgen")]
    from models import sonata

    sonata.model.spconv.SubMConv3d.forward = convolution
    config = json.loads((checkout / "XPart" / "partgen" / "config" / "sonata.json").read_text())
    config["enable_flash"] = False
    sonata.load = lambda *_, **__: sonata.model.PointTransformerV3(**config)
    given = sonata.transform.np
    numbers = types.ModuleType("numpy")
    numbers.__dict__.update(given.__dict__)
    numbers.argsort = lambda keys: given.argsort(keys, kind="stable")
    sonata.transform.np = numbers
    import auto_mask

    return auto_mask


class Stopwatch:
    """By the clock, and of the processors; the best of all rounds counts."""

    def __init__(self):
        self.best = {}

    def add(self, name, wall, cpu):
        old = self.best.get(name, (wall, cpu))
        self.best[name] = (min(old[0], wall), min(old[1], cpu))

    @contextlib.contextmanager
    def on(self, name):
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.add(name, time.perf_counter() - wall, time.process_time() - cpu)

    def run(self, *command):
        told = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
        for line in told.stdout.splitlines():
            name, wall, cpu = line.split("\t")
            self.add(name, float(wall), float(cpu))


def read(folder, name, *shape):
    types_of = {"f64": np.float64, "f32": np.float32, "i32": np.int32, "u32": np.uint32,
                "i64": np.int64, "u64": np.uint64}
    return np.fromfile(folder / name, types_of[name.rsplit(".")[-1]]).reshape(-1, *shape)


def bits(rows, count):
    return np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little")[:, :count].astype(bool)


def mesh_in(program, folder):
    return program.trimesh.Trimesh(read(folder, "vertices.f64", 3), read(folder, "faces.u32", 3),
                                   process=False)


def relative(a, b):
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def network(program, model, folder, watch, say):
    """From the mesh to the masks of the first prompts."""
    mesh = mesh_in(program, folder)
    with watch.on("sampling"):
        places, faces = program.trimesh.sample.sample_surface(mesh, 100_000, seed=42)
        points = program.normalize_pc(places)
        normals = mesh.face_normals[faces]
    same = np.array_equal(faces, read(folder, "sample-faces.u32"))
    say("samples", f"faces {'the same' if same else 'DIFFER'}, "
        f"places within {np.abs(places - read(folder, 'samples.f64', 3)).max():.1e} mm")
    program.np.random.seed(42)
    torch.manual_seed(42)
    transform, seen = model.transform, {}

    def transformed(given):
        with watch.on("voxels"):
            seen.update(transform(given))
        return dict(seen)

    model.transform = transformed
    begin, used = time.perf_counter(), time.process_time()
    features = program.get_feat(model, points, normals)
    model.transform = transform
    inside = watch.best["voxels"]
    watch.add("encoder", time.perf_counter() - begin - inside[0], time.process_time() - used - inside[1])
    cell_of = read(folder, "cell-of.i32")
    same = np.array_equal(seen["inverse"].numpy(), cell_of)
    say("voxels", "the same" if same else "DIFFER")
    ours = torch.from_numpy(read(folder, "features.f32", features.shape[1]))[torch.from_numpy(cell_of).long()]
    say("features", f"relative L2 {relative(ours.numpy(), features.numpy()):.1e}, "
        f"largest difference {float((ours - features).abs().max()):.1e} of {float(features.abs().max()):.1f}")
    say("places", f"within {np.abs(points - read(folder, 'places.f64', 3)).max():.1e}")
    start = int(program.np.random.randint(low=0, high=len(points)))
    with watch.on("prompts"):
        far = program.fpsample.fps_sampling(points, 400, start_idx=start)
    prompts = read(folder, "prompts.i64")
    say("prompts", f"{int((far.astype(np.int64) == prompts).sum())} of 400 the same")
    with watch.on("heads"):
        answer = program.get_mask(model, features, points, points[prompts[:ASKED]])
    masks = np.stack(answer[:3], -1).transpose(1, 2, 0).reshape(3 * ASKED, -1)
    rows = read(folder, "masks.u64").reshape(3 * ASKED, -1)
    differ = int((masks != bits(rows, len(points))).sum())
    quality = read(folder, "quality.f32", 3)
    say("heads", f"{differ} of {masks.size} bits differ ({int(masks.sum())} set), quality within "
        f"{np.abs(quality - answer[3]).max():.1e}")


def session_in(folder):
    with open(folder / "session.masks", "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        data = file.read()
    of = {"F64": np.float64, "F32": np.float32, "I32": np.int32, "U8": np.uint8, "I64": np.int64,
          "U32": np.uint32, "U64": np.uint64}
    return {name: np.frombuffer(data[slice(*one["data_offsets"])], of[one["dtype"]]).reshape(one["shape"])
            for name, one in header.items() if name != "__metadata__"}


class Laps:
    """Stands in for the program's own Timer and remembers when its steps began and ended."""

    def __init__(self):
        self.steps = []

    def __call__(self, name):
        return self.lap()

    @contextlib.contextmanager
    def lap(self):
        begin = (time.perf_counter(), time.process_time())
        yield
        self.steps.append((begin, (time.perf_counter(), time.process_time())))


# Steps of mesh_sam() in the order in which it times them.
ADJACENCY, LISTS, SORT, PAINT, VOTE = 1, 2, 7, 14, 15


def steps_after(program, folder, watch, say):
    """Merging masks and everything on faces, the optional joining of small parts included."""
    session = session_in(folder)
    count = len(session["faces"])
    masks = bits(session["bits"], count).T  # [N, K]
    quality = session["quality"]
    asked = iter(range(0, 400, 32))

    def get_mask(_model, _features, _points, prompts):
        begin = next(asked)
        own = masks[:, begin:begin + len(prompts)]
        iou = np.zeros((len(prompts), 3), np.float32)
        iou[:, 0] = quality[begin:begin + len(prompts)]
        return own, np.zeros_like(own), np.zeros_like(own), iou

    def get_feat(model, points, _normals):
        model({"coord": points})

    laps = Laps()
    from models import sonata

    replaced = {"get_mask": get_mask, "get_feat": get_feat, "Timer": laps}
    kept = {name: getattr(program, name) for name in replaced}
    fps = program.fpsample.fps_sampling
    for name, other in replaced.items():
        setattr(program, name, other)
    program.fpsample.fps_sampling = lambda points, number: np.arange(number)
    shift = sonata.transform.CenterShift(apply_z=True)
    try:
        _, labels, _ = program.mesh_sam([shift, None], mesh_in(program, folder), None, post_process=True,
                                        clean_mesh_flag=False, seed=1)
    finally:
        for name, other in kept.items():
            setattr(program, name, other)
        program.fpsample.fps_sampling = fps
    end = (time.perf_counter(), time.process_time())

    def span(a, b):
        return np.subtract(b, a)

    watch.add("merging", *span(laps.steps[SORT][0], laps.steps[PAINT][1]))
    watch.add("graph steps", *(span(*laps.steps[ADJACENCY]) + span(*laps.steps[LISTS]) +
                               span(laps.steps[VOTE][0], end)))
    ours = read(folder, "labels.i32")
    say("labels", f"{int((ours != labels).sum())} of {len(ours)} triangles differ, "
        f"{len(np.unique(labels))} labels")


def main():
    checkout, binaries = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    torch.set_grad_enabled(False)
    program = official(checkout)
    with contextlib.redirect_stdout(io.StringIO()):
        model = program.P3SAM().eval()
    agree = {}
    ours, theirs = Stopwatch(), Stopwatch()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for turn in range(rounds):
            ours.run(binaries / "bench_p3_sam", "--compare", folder)
            if turn == 0:
                weights = Path(tempfile.gettempdir()) / "maquette-bench-p3-sam.safetensors"
                model.load_state_dict(str(weights))
                program.build_adjacent_faces_numba(np.array([[0, 1]]))  # compiled once
            network(program, model, folder, theirs, agree.__setitem__)
        for _ in range(rounds):
            ours.run(binaries / "bench_masks", "--compare", folder)
            steps_after(program, folder, theirs, agree.__setitem__)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, best of {rounds} rounds\n")
    print(f"{'':16}{'ours s':>10}{'official s':>12}{'ratio':>8}    processors {'ours s':>8}{'official s':>12}{'ratio':>8}")
    for name, (wall, cpu) in theirs.best.items():
        own = ours.best[name]
        print(f"{name:16}{own[0]:10.3f}{wall:12.3f}{own[0] / wall:8.3f}{'':15}{own[1]:8.3f}{cpu:12.3f}"
              f"{own[1] / cpu:8.3f}")
    first = ours.best["first layers"]
    print(f"\nfirst layers of the heads, once for a mesh: {first[0]:.3f} s; heads are {ASKED} prompts\n")
    for name, text in agree.items():
        print(f"{name:16}{text}")


main()
