#pragma once

#include <cstdint>

// The border between the plug-in and the library of our own CUDA kernels, which is built where nvcc
// is and opened where a graphics card is. Plain C: two compilers meet here.

extern "C" {

/// Raised with every change of this file.
enum { kMaquetteKernelsAbi = 1 };

struct MaquetteKernels {
  std::uint32_t abi;          ///< first for ever
  const char* architectures;  ///< "75;80", as given to the compiler

  /// Picks `count` points, each as far as can be from those before it. Everything lies on the
  /// device that is current; the work is queued on `stream`.
  ///
  /// @param points    n x 3, row by row
  /// @param start     index of the first one
  /// @param distance  n floats to work with
  /// @param partial   1024 numbers to work with
  /// @param picked    count indices, the result
  /// @return          0, or CUDA's error
  int (*farthestPoints)(const float* points, std::int64_t n, std::int64_t count, std::int64_t start,
                        float* distance, unsigned long long* partial, std::int64_t* picked,
                        void* stream);
  const char* (*errorText)(int error);
};

/// The one function that the library exports.
const MaquetteKernels* maquetteKernels();
}
