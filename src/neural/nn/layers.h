#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

#include "neural/nn/int8_matrix.h"
#include "neural/nn/parameters.h"

// The small layers that every network here is made of. Each takes its weights by the names of the
// official files, in the type and place of its Parameters, and computes in the type of its input.

namespace maquette::neural {

/// y = x W^T + b over the last dimension.
///
/// The matrices of repeated layers may be kept in 8 bits (Placement::int8): then `weight` is none.
/// What is taken apart by column never is.
struct Linear {
  at::Tensor weight;  // [out, in]
  at::Tensor bias;    // [out], or none
  Int8Matrix rounded;
  c10::ScalarType dtype = c10::kFloat;  // that the layer is meant to compute in

  Linear() = default;
  Linear(const Parameters& p, std::int64_t in, std::int64_t out, bool hasBias = true);

  bool defined() const { return weight.defined() || rounded.defined(); }
  at::Tensor operator()(const at::Tensor& x) const;
};

/// LayerNorm over the last dimension, with the biased variance.
struct LayerNorm {
  at::Tensor weight, bias;  // [C]; none: a norm without parameters
  double eps = 1e-6;

  LayerNorm() = default;
  LayerNorm(const Parameters& p, std::int64_t channels, double epsilon);

  at::Tensor operator()(const at::Tensor& x) const;
};

/// x / sqrt(mean(x^2) + eps) * w over the last dimension. Single precision inside.
struct RmsNorm {
  /// When half-precision values are rounded: before the weight is applied, and after it, as
  /// hand-written norms do, or once at the end, as fused kernels do.
  enum class Rounding : std::uint8_t { twice, once };

  at::Tensor weight;  // [C]
  double eps = 1e-6;
  Rounding rounding = Rounding::once;

  RmsNorm() = default;

  /// @param name  of its one tensor: "weight" or "scale"
  RmsNorm(const Parameters& p, std::int64_t channels, Rounding rounded = Rounding::once,
          std::string_view name = "weight");

  at::Tensor operator()(const at::Tensor& x) const;
};

/// Which GELU: with the error function, or with its approximation by tanh.
enum class Gelu : std::uint8_t { exact, tanh };

at::Tensor gelu(const at::Tensor& x, Gelu kind = Gelu::exact);

/// down(gelu(up(x))).
struct Mlp {
  Linear up, down;
  Gelu kind = Gelu::exact;

  Mlp() = default;

  /// @param upName, downName  of the two layers: "c_fc" and "c_proj", "fc1" and "fc2", "0" and "2"
  Mlp(const Parameters& p, std::int64_t channels, std::int64_t inner, std::string_view upName,
      std::string_view downName, Gelu gelu = Gelu::exact);

  at::Tensor operator()(const at::Tensor& x) const;
};

/// The prefix of a layer inside another: "mlp" becomes "mlp.".
Parameters inside(const Parameters& p, std::string_view layer);

}  // namespace maquette::neural
