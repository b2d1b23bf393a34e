#!/usr/bin/env python3
"""Merging masks and labelling faces as the published program does, for comparison of times.

A stand-in of our own: written from part-segmentation specification 4.1 in the way that 4.2 describes
(Boolean arrays of all samples, loops over faces in Python, queues and dicts), because the official
program cannot be had here. Needs numpy.

    build/dev/bin/bench_masks --compare FOLDER 115
    python3 tests/bench/bench_masks.py FOLDER

The first writes a session and says how long ours takes on one core; this one takes the same session,
says how long it takes, and whether every label is the same.
"""

import json
import struct
import sys
import time
from collections import Counter, defaultdict, deque

import numpy as np


def read(path):
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        data = file.read()
    types = {"F64": np.float64, "F32": np.float32, "I32": np.int32, "U8": np.uint8}
    return {
        name: np.frombuffer(data[slice(*one["data_offsets"])], types[one["dtype"]]).reshape(one["shape"])
        for name, one in header.items()
        if name != "__metadata__"
    }


def box_iou(a, b):
    low, high = np.maximum(a[0], b[0]), np.minimum(a[1], b[1])
    if np.any(high - low <= 0):
        return 0.0
    both = np.prod(high - low)
    either = np.prod(a[1] - a[0]) + np.prod(b[1] - b[0]) - both
    return both / either if either > 0 else 0.0


def merge(masks, quality, places):
    """A6 to A12: one label for every sample."""
    order = np.argsort(-quality, kind="stable")
    masks = masks[order]
    clusters = {}
    for i in range(len(masks)):
        for head in clusters:
            either = np.sum(masks[i] | masks[head])
            if either > 0 and np.sum(masks[i] & masks[head]) / either > 0.9:
                clusters[head].append(i)
                break
        else:
            clusters[i] = [i]
    kept = [head for head, members in clusters.items() if len(members) > 2]
    gone = set()
    taken = []
    for n, i in enumerate(kept):
        if i in gone:
            continue
        taken.append(i)
        points = places[masks[i]]
        box = (points.min(0), points.max(0))
        for j in kept[n + 1 :]:
            if j in gone:
                continue
            others = places[masks[j]]
            if box_iou(box, (others.min(0), others.max(0))) > 0.5:
                gone.add(j)
    free = np.ones(masks.shape[1], bool)
    for i in taken:
        free &= ~masks[i]
    for i in range(len(masks)):
        if i in taken:
            continue
        area = np.sum(masks[i])
        if area > 0 and np.sum(masks[i] & free) / area > 0.7:
            taken.append(i)
            free &= ~masks[i]
    areas = np.array([np.sum(masks[i]) for i in taken])
    labels = np.full(masks.shape[1], -1, np.int64)
    for n in np.argsort(-areas, kind="stable"):
        labels[masks[taken[n]]] = taken[n]
    return labels


def neighbours_of(faces):
    """A1: pairs by (larger vertex, smaller vertex), and lists in that order."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    owner = np.tile(np.arange(len(faces)), 3)
    edges = np.sort(edges, 1)
    order = np.lexsort((owner, edges[:, 0], edges[:, 1]))
    edges, owner = edges[order], owner[order]
    change = np.flatnonzero(np.any(edges[1:] != edges[:-1], 1)) + 1
    first = np.concatenate([[0], change])
    size = np.diff(np.concatenate([first, [len(edges)]]))
    first = first[size == 2]
    pairs = np.stack([owner[first], owner[first + 1]], 1)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    lists = [[] for _ in range(len(faces))]
    for a, b in pairs:
        lists[a].append(b)
        lists[b].append(a)
    return lists


def most_frequent(labels):
    counts = Counter(labels)
    most = max(counts.values())
    return min(label for label, count in counts.items() if count == most)


def vote(sample_faces, labels, count):
    votes = defaultdict(list)
    for face, label in zip(sample_faces, labels):
        votes[face].append(label)
    voted = np.full(count, -2, np.int64)
    for face, all_of_it in votes.items():
        voted[face] = most_frequent(all_of_it)
    return voted


def grow(labels, lists):
    open_faces = np.flatnonzero(labels < 0).tolist()
    for _ in range(50):
        left = []
        for face in open_faces:
            beside = [labels[other] for other in lists[face] if labels[other] >= 0]
            if beside:
                labels[face] = most_frequent(beside)
            else:
                left.append(face)
        if len(left) == len(open_faces):
            break
        open_faces = left
    return labels


def regions_of(labels, lists):
    of = np.full(len(labels), -1, np.int64)
    regions = []
    for seed in range(len(labels)):
        if of[seed] >= 0:
            continue
        of[seed] = len(regions)
        members, queue = [seed], deque([seed])
        while queue:
            face = queue.popleft()
            for other in lists[face]:
                if of[other] < 0 and labels[other] == labels[seed]:
                    of[other] = len(regions)
                    members.append(other)
                    queue.append(other)
        regions.append(members)
    return of, regions


def region_neighbours(of, regions, lists):
    around = []
    for number, members in enumerate(regions):
        around.append(sorted({int(of[other]) for face in members for other in lists[face]} - {number}))
    return around


def box_of(vertices, faces):
    corners = vertices[faces.reshape(-1)]
    return corners.min(0), corners.max(0)


def growth(old, new):
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.max(np.abs(new[0] - old[0]) / np.abs(old[0]))
        high = np.max(np.abs(new[1] - old[1]) / np.abs(old[1]))
    return high if high > low else low


def attach(labels, of, regions, lists, vertices, faces):
    of_region = [labels[members[0]] for members in regions]
    if all(label >= 0 for label in of_region):
        return labels
    around = region_neighbours(of, regions, lists)
    boxes = [box_of(vertices, faces[members]) for members in regions]
    of_label = {label: box_of(vertices, faces[labels == label]) for label in set(of_region) if label >= 0}
    result = labels.copy()
    for i, members in enumerate(regions):
        if of_region[i] >= 0:
            continue
        candidates = [j for j in around[i] if of_region[j] >= 0]
        if not candidates:
            best = None
            for j in range(len(regions)):
                if of_region[j] < 0:
                    continue
                span = np.maximum(0, np.maximum(boxes[j][1] - boxes[i][0], boxes[i][1] - boxes[j][0]))
                rank = (np.linalg.norm(span), np.prod(boxes[j][1] - boxes[j][0]))
                if best is None or rank < best[0]:
                    best = (rank, j)
            candidates = [] if best is None else [best[1]]
        least = 1e10
        for j in candidates:
            old = of_label[of_region[j]]
            new = np.minimum(old[0], boxes[i][0]), np.maximum(old[1], boxes[i][1])
            grown = growth(old, new)
            if least > grown:
                least = grown
                result[members] = of_region[j]
    return result


def merge_small(labels, areas, lists):
    of, regions = regions_of(labels, lists)
    around = region_neighbours(of, regions, lists)
    share = np.array([np.sum(areas[members]) for members in regions]) / np.sum(areas)
    order = np.argsort(-share, kind="stable")
    sums = np.zeros(len(regions))
    sums[order] = np.cumsum(share[order])
    result = labels.copy()
    for i in order:
        if sums[i] <= 0.95 or share[i] >= 0.01:
            continue
        largest = 0.0
        for j in around[i]:
            if sums[j] <= 0.95 and share[j] > largest:
                largest = share[j]
                result[regions[i]] = labels[regions[j][0]]
    return result


def on_faces(point_labels, sample_faces, vertices, faces):
    """A1, A13 to A20."""
    lists = neighbours_of(faces)
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - b), axis=1) / 2
    labels = vote(sample_faces.tolist(), point_labels.tolist(), len(faces))
    labels = grow(labels + 1, lists) - 1
    of, regions = regions_of(labels, lists)
    shell_of, shells = regions_of(np.zeros(len(faces), np.int64), lists)
    shell_areas = [np.sum(areas[members]) for members in shells]
    cleared = labels.copy()
    for members in regions:
        if np.sum(areas[members]) / (shell_areas[shell_of[members[0]]] + 1e-7) <= 0.001:
            cleared[members] = -1
    labels = grow(cleared, lists)
    of, regions = regions_of(labels, lists)
    last = max(labels[members[0]] for members in regions)
    promoted = labels.copy()
    for members in regions:
        if labels[members[0]] < 0 and np.sum(areas[members]) / np.sum(areas) > 0.001:
            last += 1
            promoted[members] = last
    labels = attach(promoted, of, regions, lists, vertices, faces)
    return merge_small(labels, areas, lists)


def main():
    folder = sys.argv[1]
    session = read(folder + "/session.masks")
    vertices = np.fromfile(folder + "/vertices.f64").reshape(-1, 3)
    faces = np.fromfile(folder + "/faces.u32", np.uint32).astype(np.int64).reshape(-1, 3)
    count = len(session["faces"])
    masks = np.unpackbits(session["bits"], axis=1, bitorder="little")[:, :count].astype(bool)
    begin = time.process_time()
    points = merge(masks, session["quality"], session["places"])
    middle = time.process_time()
    labels = on_faces(points, session["faces"], vertices, faces)
    end = time.process_time()
    print(f"triangles {len(faces)}\nmerging {middle - begin:.3f} s\ngraph steps {end - middle:.3f} s")
    ours = np.fromfile(folder + "/labels.i32", np.int32)
    print("labels are the same" if np.array_equal(ours, labels) else
          f"LABELS DIFFER on {np.sum(ours != labels)} faces")
    return 0


if __name__ == "__main__":
    sys.exit(main())
