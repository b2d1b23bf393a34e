#!/usr/bin/env python3
"""trimesh on the file that bench_files leaves: bench_files_trimesh.py /tmp/maquette-bench.stl"""
import sys
import time

import trimesh


def median_ms(work, rounds=7):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return sorted(times)[rounds // 2]


path = sys.argv[1]
plain = trimesh.load(path, process=False)
joined = trimesh.load(path)
print(f"triangles {len(joined.faces)}, vertices {len(joined.vertices)}")
print(f"read/stl/trimesh         {median_ms(lambda: trimesh.load(path, process=False)):8.1f} ms")
print(f"read/stl/trimesh joining {median_ms(lambda: trimesh.load(path)):8.1f} ms")
# A copy without what was computed once and kept.
print(f"write/stl/trimesh        {median_ms(lambda: joined.copy().export(path + '.trimesh.stl')):8.1f} ms")
