#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/jobs/context.h"
#include "neural/nn/watch.h"

// From noise to data along the velocities that a network tells: sigma 0 is noise, sigma 1 is data.
//
// Source: shape-generation specification 1.3, 5; part-generation specification 5.

namespace maquette::neural {

/// Where along the way the network is asked: n places, and the end.
struct FlowSchedule {
  std::vector<float> sigmas;  ///< n + 1, ascending; the last is 1

  std::size_t steps() const { return sigmas.size() - 1; }
  float time(std::size_t step) const { return sigmas[step] * 1000.f; }  ///< as schedulers count it
  float length(std::size_t step) const { return sigmas[step + 1] - sigmas[step]; }
};

/// Even steps, both ends asked: the last one has no length. @param steps  >= 1
FlowSchedule evenSchedule(int steps);

/// Some of the places that a distilled (turbo) model was taught. @param steps  1 to `taught`
FlowSchedule distilledSchedule(int steps, int taught = 100);

/// The places of a distilled model among 1000 even ones.
std::vector<std::int64_t> taughtPlaces(int taught = 100);

/// One step: x + length * v. The product has the type of v, the sum single precision, the result
/// the type of v.
at::Tensor flowStep(const at::Tensor& x, const at::Tensor& v, double length);

/// The noise that torch draws on the processor for a seed, in this type; halves are other numbers
/// than floats.
at::Tensor initialNoise(at::IntArrayRef shape, std::uint64_t seed, c10::ScalarType dtype);

/// What a network says of latents at a time in [0, 1], a tensor [B] in single precision whatever
/// the type of the latents: waves of a thousandfold time mean nothing with eight bits.
using Velocity = std::function<at::Tensor(const at::Tensor& latents, const at::Tensor& t)>;

/// The whole way.
///
/// @param noise     [B, N, c]
/// @param guidance  if given, `velocity` is asked for a batch twice as large, the first half with
///                  the context and the second without
/// @param watch     sees "velocity" and "latents" of every step
/// @throws Cancelled  between two steps
at::Tensor sampleFlow(at::Tensor noise, const FlowSchedule& schedule,
                      const std::optional<double>& guidance, const Velocity& velocity,
                      const Context& ctx, const Watch& watch = {});

/// What the guidance makes of a batch whose first half saw the context and whose second did not:
/// without + scale * (with - without).
at::Tensor guided(const at::Tensor& velocity, double scale);

}  // namespace maquette::neural
