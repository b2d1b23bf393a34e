// How fixtures about the way from noise to data are computed, for shapes and for parts.

#include <ATen/ops/cat.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "neural/check/fixture.h"
#include "neural/complete/part_denoiser.h"
#include "neural/nn/flow.h"
#include "neural/shape/plain_denoiser.h"
#include "neural/shape/stream_denoiser.h"

namespace maquette::neural {
namespace {

using at::Tensor;

Tensor floats(const std::vector<float>& all) {
  return at::tensor(all, at::TensorOptions(c10::kFloat));
}

std::vector<float> timesOf(const FlowSchedule& schedule) {
  std::vector<float> times;
  for (std::size_t i = 0; i < schedule.steps(); ++i) times.push_back(schedule.time(i));
  return times;
}

std::vector<float> lengthsOf(const FlowSchedule& schedule) {
  std::vector<float> lengths;
  for (std::size_t i = 0; i < schedule.steps(); ++i) lengths.push_back(schedule.length(i));
  return lengths;
}

/// Five steps along given velocities, and where each of them points at.
void steps(Fixture& f, const FlowSchedule& schedule, const std::string& name,
           c10::ScalarType dtype) {
  const Tensor v = f.stored("v").to(dtype);
  Tensor x = f.stored("x0").to(dtype);
  std::vector<Tensor> states, ends;
  // On a processor the official program's lengths are rounded to the type of the velocity, too.
  const auto kept = [&](float length) {
    return floats({length}).to(dtype).to(c10::kDouble).item<double>();
  };
  for (std::int64_t i = 0; i < v.size(0); ++i) {
    ends.push_back(flowStep(x, v[i], kept(1.f - schedule.sigmas[std::size_t(i)])));
    x = flowStep(x, v[i], kept(schedule.length(std::size_t(i))));
    states.push_back(x);
  }
  const std::string end = dtype == c10::kHalf ? "_f16" : "";
  f.out(name + "_steps" + end, at::stack(states));
  if (f.hasOut(name + "_pred_original" + end))
    f.out(name + "_pred_original" + end, at::stack(ends));
}

void schedules(Fixture& f) {
  for (const int n : {1, 2, 5, 30, 50}) {
    const FlowSchedule schedule = evenSchedule(n);
    f.out(fmt::format("euler_{}_sigmas", n), floats(schedule.sigmas));
    f.out(fmt::format("euler_{}_timesteps", n), floats(timesOf(schedule)));
  }
  for (const auto& [taught, n] : {std::pair(100, 1), std::pair(100, 5), std::pair(100, 8),
                                  std::pair(100, 10), std::pair(100, 30), std::pair(50, 5)}) {
    const FlowSchedule schedule = distilledSchedule(n, taught);
    f.out(fmt::format("consistency_pcm{}_{}_sigmas", taught, n), floats(schedule.sigmas));
    f.out(fmt::format("consistency_pcm{}_{}_timesteps", taught, n), floats(timesOf(schedule)));
  }
  f.out("consistency_pcm100_base_indices", taughtPlaces());
  std::vector<float> all = distilledSchedule(100).sigmas;
  all.pop_back();
  f.out("consistency_pcm100_base_sigmas", floats(all));
  for (const c10::ScalarType dtype : {c10::kFloat, c10::kHalf}) {
    steps(f, evenSchedule(5), "euler", dtype);
    steps(f, distilledSchedule(5), "consistency", dtype);
  }
}

void noise(Fixture& f) {
  const std::int64_t tail = f.integers("shape_tail")[0];
  for (const std::int64_t seed : f.integers("seeds"))
    for (const std::int64_t n : f.integers("num_latents"))
      for (const auto& [name, dtype] :
           {std::pair("f32", c10::kFloat), std::pair("f16", c10::kHalf)}) {
        const std::string start = fmt::format("seed{}_n{}_{}", seed, n, name);
        const Tensor all = initialNoise({1, n, tail}, std::uint64_t(seed), dtype);
        f.out(start + "_head", all.flatten().narrow(0, 0, 64));
        const Tensor wide = all.to(c10::kDouble);
        f.out(start + "_stats", at::stack({wide.sum(), wide.square().sum(), wide.abs().max()}));
      }
}

void sampling(Fixture& f) {
  const JsonFacts config = f.configOf("model");
  const Parameters weights = f.weightsOf("model");
  const double scale = f.config().number("guidance_scale");
  const int count = int(f.config().integer("steps"));
  const bool distilled = f.config().text("scheduler").starts_with("Consistency");
  std::vector<Tensor> latents, velocities;
  const Watch watch = [&](const std::string& step, const Tensor& value) {
    (step == "latents" ? latents : velocities).push_back(value);
  };
  const auto run = [&](bool twice, const Velocity& velocity) {
    sampleFlow(f.in("noise"), distilled ? distilledSchedule(count) : evenSchedule(count),
               twice ? std::optional(scale) : std::nullopt, velocity, f.context(), watch);
  };
  const auto contexts = [&](bool twice) {
    const Tensor cond = f.in("cond");
    return twice ? at::cat({cond, at::zeros_like(cond)}) : cond;
  };
  if (weights.has("latent_in.weight")) {
    StreamConfig shape = StreamConfig::of(weights);
    shape.heads = config.integer("num_heads");
    const StreamDenoiser model(weights, shape);
    const bool twice = scale >= 0. && !shape.guidance;
    const Tensor context = contexts(twice);
    run(twice, [&](const Tensor& x, const Tensor& t) {
      return model(x, t, context, shape.guidance ? at::full_like(t, scale) : Tensor());
    });
  } else {
    PlainDenoiserConfig shape = PlainDenoiserConfig::of(weights);
    shape.heads = config.integer("num_heads");
    const PlainDenoiser model(weights, shape);
    const auto context = model.look(contexts(scale >= 0.));
    run(scale >= 0., [&](const Tensor& x, const Tensor& t) { return model(x, t, context); });
  }
  f.out("latents", at::stack(latents));
  f.out("velocity", at::stack(velocities));
}

/// To bfloat16 and back, as the official program's latents go.
Tensor rounded(const Tensor& x) { return x.to(c10::kBFloat16).to(c10::kFloat); }

void partTables(Fixture& f) {
  for (const std::int64_t n : f.config().integers("n")) {
    const FlowSchedule schedule = evenSchedule(int(n));
    const std::string start = fmt::format("n{}.", n);
    const Tensor times = floats(timesOf(schedule)), lengths = floats(lengthsOf(schedule));
    f.out(start + "sigmas", floats(schedule.sigmas));
    f.out(start + "timesteps", times);
    f.out(start + "t_precise", times.div(1000.));
    f.out(start + "t_reference", rounded(rounded(times).div(1000.)));
    f.out(start + "delta_precise", lengths);
    f.out(start + "delta_reference", rounded(lengths));
  }
}

/// A step with everything rounded to bfloat16 that the official program rounds.
Tensor roundedStep(const Tensor& z, const Tensor& v, float length) {
  const Tensor factor = rounded(floats({length})).to(z.device());
  return rounded(z.add(rounded(v.mul(factor))));
}

void partSteps(Fixture& f) {
  const FlowSchedule schedule = evenSchedule(int(f.config().integer("n")));
  const Tensor velocity = f.stored("velocity");
  Tensor precise = f.stored("z0"), reference = precise;
  std::vector<Tensor> precises, references;
  const std::vector<std::int64_t> indices = f.integers("step_index");
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const float length = schedule.length(std::size_t(indices[i]));
    const Tensor v = velocity[std::int64_t(i)];
    precises.push_back(precise = flowStep(precise, v, length));
    references.push_back(reference = roundedStep(reference, v, length));
  }
  f.out("z_precise", at::stack(precises));
  f.out("z_reference", at::stack(references));
}

void partSampling(Fixture& f) {
  PartDenoiserConfig shape = PartDenoiserConfig::of(f.weights());
  shape.heads = f.config().integer("heads");
  const PartDenoiser model(f.weights(), shape);
  const auto contexts = model.look(f.in("obj_cond"), f.in("geo_cond"));
  const FlowSchedule schedule = evenSchedule(int(f.config().integer("n")));
  const Tensor ids = f.stored("part_ids");
  const std::vector<std::int64_t> kept = f.integers("kept_steps");
  const auto isKept = [&](std::size_t i) {
    return std::ranges::find(kept, std::int64_t(i)) != kept.end();
  };
  std::vector<Tensor> precise, reference;
  std::int64_t step = 0;
  const Watch watch = [&](const std::string& name, const Tensor& value) {
    if (name != "latents") return;
    if (isKept(std::size_t(step))) precise.push_back(value);
    ++step;
  };
  sampleFlow(
      f.in("noise"), schedule, std::nullopt,
      [&](const Tensor& z, const Tensor& t) { return model(z, t, ids[step], contexts); },
      f.context(), watch);
  Tensor z = f.stored("noise");
  for (std::size_t i = 0; i < schedule.steps(); ++i) {
    f.context().check();
    const Tensor t =
        rounded(rounded(floats({schedule.time(i)})).div(1000.)).to(z.device()).expand({z.size(0)});
    const Tensor v =
        model(z.to(f.placement().dtype), t, ids[std::int64_t(i)], contexts).to(c10::kFloat);
    z = roundedStep(z, rounded(v), schedule.length(i));
    if (isKept(i)) reference.push_back(z);
  }
  f.out("z_precise", at::stack(precise));
  f.out("z_reference", at::stack(reference));
}

constexpr Implementation kImplementations[] = {
    {"10-schedulers", schedules},        {"11-sampling-fast", sampling},
    {"11-sampling-turbo", sampling},     {"11-sampling-v20-cfg0", sampling},
    {"11-sampling-v20-cfg5", sampling},  {"11-sampling-v20-negative", sampling},
    {"11-sampling-v21-cfg5", sampling},  {"30-noise", noise},
    {"50-scheduler-tables", partTables}, {"51-euler-steps", partSteps},
    {"52-sampling-loop", partSampling},
};

}  // namespace

std::span<const Implementation> flowImplementations() { return kImplementations; }

}  // namespace maquette::neural
