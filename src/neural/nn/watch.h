#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

namespace maquette::neural {

/// Sees what a network computes on its way, by the name of the step: for tests, and for telling
/// where numbers stopped being numbers. Mostly none.
using Watch = std::function<void(const std::string& step, const at::Tensor& value)>;

inline void show(const Watch& watch, const std::string& step, const at::Tensor& value) {
  if (watch) watch(step, value);
}

}  // namespace maquette::neural
