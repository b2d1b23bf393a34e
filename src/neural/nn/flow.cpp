#include "neural/nn/flow.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace maquette::neural {
namespace {

using at::Tensor;

constexpr int kPlaces = 1000;

}  // namespace

FlowSchedule evenSchedule(int steps) {
  if (steps < 1) throw InvalidInput("At least one step is needed.");
  FlowSchedule schedule;
  for (int i = 0; i < steps; ++i)
    schedule.sigmas.push_back(steps == 1 ? 0.f : float(double(i) * (1. / double(steps - 1))));
  if (steps > 1) schedule.sigmas.back() = 1.f;
  schedule.sigmas.push_back(1.f);
  return schedule;
}

std::vector<std::int64_t> taughtPlaces(int taught) {
  const int ratio = kPlaces / taught;
  std::vector<std::int64_t> places;
  for (int i = 0; i < taught; ++i) places.push_back(i == 0 ? 0 : i * ratio - 1);
  return places;
}

FlowSchedule distilledSchedule(int steps, int taught) {
  if (steps < 1 || steps > taught)
    throw InvalidInput("This model takes between 1 and " + std::to_string(taught) + " steps.");
  const std::vector<std::int64_t> places = taughtPlaces(taught);
  const double stride = double(taught) / double(steps), place = 1. / double(kPlaces - 1);
  FlowSchedule schedule;
  for (int i = 0; i < steps; ++i)
    schedule.sigmas.push_back(
        float(double(places[std::size_t(std::floor(double(i) * stride))]) * place));
  schedule.sigmas.push_back(1.f);
  return schedule;
}

Tensor flowStep(const Tensor& x, const Tensor& v, double length) {
  return x.to(c10::kFloat).add(v.mul(length).to(c10::kFloat)).to(v.scalar_type());
}

Tensor initialNoise(at::IntArrayRef shape, std::uint64_t seed, c10::ScalarType dtype) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  return at::randn(shape, generator, at::TensorOptions(c10::kCPU).dtype(dtype));
}

Tensor guided(const Tensor& velocity, double scale) {
  const auto halves = velocity.chunk(2, 0);
  return halves[1].add(halves[0].sub(halves[1]).mul(scale));
}

Tensor sampleFlow(Tensor noise, const FlowSchedule& schedule, const std::optional<double>& guidance,
                  const Velocity& velocity, const Context& ctx, const Watch& watch) {
  Tensor x = std::move(noise);
  for (std::size_t i = 0; i < schedule.steps(); ++i) {
    ctx.report(float(i) / float(schedule.steps()));
    const Tensor in = guidance ? at::cat({x, x}) : x;
    const Tensor t =
        at::full({in.size(0)}, double(schedule.time(i)), in.options().dtype(c10::kFloat))
            .div(1000.);
    Tensor v = velocity(in, t);
    show(watch, "velocity", v);
    if (guidance) v = guided(v, *guidance);
    x = flowStep(x, v, schedule.length(i));
    show(watch, "latents", x);
  }
  return x;
}

}  // namespace maquette::neural
