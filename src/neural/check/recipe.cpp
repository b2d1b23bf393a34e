#include "neural/check/recipe.h"

#include <ATen/ops/empty.h>

#include <cmath>
#include <cstdint>

#include "core/jobs/parallel.h"

namespace maquette::neural {
namespace {

std::uint64_t fnv1a(const std::string& text) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const char letter : text)
    hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211ull;
  return hash;
}

/// Element i of splitmix64's sequence, as a number in [-1, 1) with 24 bits.
double uniform(std::uint64_t seed, std::uint64_t i) {
  std::uint64_t z = seed + (i + 1) * 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  z ^= z >> 31;
  return std::ldexp(double(z >> 40), -23) - 1.;
}

}  // namespace

at::Tensor tensorByName(const std::string& name, at::IntArrayRef shape, double scale,
                        double offset) {
  at::Tensor tensor = at::empty(shape, at::TensorOptions(c10::kFloat));
  const std::uint64_t seed = fnv1a(name);
  auto* out = tensor.mutable_data_ptr<float>();
  parallelFor(std::size_t(tensor.numel()), 1 << 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) out[i] = float(offset + scale * uniform(seed, i));
  });
  return tensor;
}

std::vector<std::pair<std::string, at::Tensor>> weightsByRecipe(const JsonFacts& config) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const std::string& name : config.names("weights_recipe")) {
    const std::string at = "weights_recipe/" + name;
    tensors.emplace_back(
        name, tensorByName(name, config.integers(at + "/shape"), config.number(at + "/scale"),
                           config.number(at + "/offset")));
  }
  return tensors;
}

}  // namespace maquette::neural
