#pragma once

#include <string>

#include "core/models/neural_abi.h"

namespace maquette::neural {

/// How opening libtorch's CUDA half went.
struct CudaHalf {
  bool opened = false;
  double seconds = 0.;
  bool usable = false;                     ///< it sees a graphics card
  std::string reason;                      ///< why it is not usable, for people
  int driver = 0, runtime = 0, cudnn = 0;  ///< versions, as in NeuralFacts
  NeuralCard card;                         ///< the first, where it is usable
};

/// Opens libtorch_cuda, which registers the CUDA kernels with the CPU half. Before anything asks
/// libtorch about CUDA: the first answer is remembered. Creates no CUDA context.
CudaHalf openCudaHalf(NeuralStart::Cuda when);

}  // namespace maquette::neural
