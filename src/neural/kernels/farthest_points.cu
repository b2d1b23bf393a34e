// Farthest point sampling. Distances are dx*dx + dy*dy + dz*dz in single precision, rounded after
// every step and never contracted, so that the processor picks the very same points; of equals the
// last index wins. Source: part-segmentation specification, A4.

#include <cuda_runtime_api.h>

#include "neural/kernels/kernels.h"

namespace {

constexpr int kThreads = 256;
constexpr int kMostBlocks = 1024;  // as many partial results as kernels.h promises

/// Distance and index in one number whose order is the one wanted: a distance is never negative,
/// and then its bits order as it does.
__device__ unsigned long long packed(float distance, long long index) {
  return (static_cast<unsigned long long>(__float_as_uint(distance)) << 32) |
         static_cast<unsigned long long>(index);
}

__device__ unsigned long long largestOfBlock(unsigned long long value) {
  __shared__ unsigned long long ofWarp[kThreads / 32];
  for (int step = 16; step > 0; step /= 2)
    value = max(value, __shfl_down_sync(0xffffffffu, value, step));
  if (threadIdx.x % 32 == 0) ofWarp[threadIdx.x / 32] = value;
  __syncthreads();
  if (threadIdx.x == 0)
    for (int i = 1; i < kThreads / 32; ++i) value = max(value, ofWarp[i]);
  return value;  // of the whole block, in thread 0
}

/// Takes the point picked last into account; each block leaves its farthest point.
__global__ void update(const float* points, long long n, const std::int64_t* last, bool first,
                       float* distance, unsigned long long* partial) {
  const float* from = points + 3 * *last;
  const float x = from[0], y = from[1], z = from[2];
  unsigned long long farthest = 0;
  const long long stride = static_cast<long long>(gridDim.x) * blockDim.x;
  for (long long i = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x; i < n;
       i += stride) {
    const float dx = __fsub_rn(points[3 * i], x), dy = __fsub_rn(points[3 * i + 1], y),
                dz = __fsub_rn(points[3 * i + 2], z);
    const float here =
        __fadd_rn(__fadd_rn(__fmul_rn(dx, dx), __fmul_rn(dy, dy)), __fmul_rn(dz, dz));
    const float nearest = first ? here : fminf(distance[i], here);
    distance[i] = nearest;
    farthest = max(farthest, packed(nearest, i));
  }
  farthest = largestOfBlock(farthest);
  if (threadIdx.x == 0) partial[blockIdx.x] = farthest;
}

__global__ void choose(const unsigned long long* partial, int count, std::int64_t* picked) {
  unsigned long long farthest = 0;
  for (int i = threadIdx.x; i < count; i += blockDim.x) farthest = max(farthest, partial[i]);
  farthest = largestOfBlock(farthest);
  if (threadIdx.x == 0) *picked = static_cast<std::int64_t>(farthest & 0xffffffffull);
}

__global__ void begin(std::int64_t start, std::int64_t* picked) { *picked = start; }

int farthestPoints(const float* points, std::int64_t n, std::int64_t count, std::int64_t start,
                   float* distance, unsigned long long* partial, std::int64_t* picked,
                   void* stream) {
  const auto queue = static_cast<cudaStream_t>(stream);
  const long long wanted = (n + kThreads - 1) / kThreads;
  const int blocks = static_cast<int>(wanted < kMostBlocks ? wanted : kMostBlocks);
  begin<<<1, 1, 0, queue>>>(start, picked);
  for (std::int64_t i = 1; i < count; ++i) {
    update<<<blocks, kThreads, 0, queue>>>(points, n, picked + i - 1, i == 1, distance, partial);
    choose<<<1, kThreads, 0, queue>>>(partial, blocks, picked + i);
  }
  return cudaGetLastError();
}

const char* errorText(int error) { return cudaGetErrorString(static_cast<cudaError_t>(error)); }

}  // namespace

extern "C" const MaquetteKernels* maquetteKernels() {
  static const MaquetteKernels table{kMaquetteKernelsAbi, MAQUETTE_CUDA_ARCHITECTURES,
                                     farthestPoints, errorText};
  return &table;
}
