#include "neural/shape/plain_denoiser.h"

#include <ATen/ops/cat.h>
#include <spdlog/fmt/fmt.h>

namespace maquette::neural {

using at::Tensor;

PlainDenoiserConfig PlainDenoiserConfig::of(const Parameters& p) {
  PlainDenoiserConfig config;
  config.width = p.size("x_embedder.weight", 0);
  config.latentChannels = p.size("x_embedder.weight", 1);
  config.contextWidth = p.size("blocks.0.attn2.to_k.weight", 1);
  config.heads = config.width / 128;
  std::tie(config.depth, config.expertBlocks, config.experts) = plainDepthOf(p);
  return config;
}

PlainDenoiser::PlainDenoiser(const Parameters& p, const PlainDenoiserConfig& shape, bool streamed)
    : config(shape),
      input(inside(p, "x_embedder"), shape.latentChannels, shape.width),
      output(inside(p, "final_layer.linear"), shape.width, shape.latentChannels),
      time(inside(p, "t_embedder"), shape.width),
      blocks(plainBlocks(p, shape.depth, shape.expertBlocks,
                         {.width = shape.width,
                          .heads = shape.heads,
                          .contextWidth = shape.contextWidth,
                          .experts = shape.experts},
                         streamed)),
      norm(inside(p, "final_layer.norm_final"), shape.width, 1e-6) {}

std::vector<PlainContext> PlainDenoiser::look(const Tensor& context) const {
  std::vector<PlainContext> contexts;
  for (std::size_t i = 0; i < blocks.size(); ++i) contexts.push_back(blocks.at(i).look(context));
  return contexts;
}

Tensor PlainDenoiser::operator()(const Tensor& latents, const Tensor& t,
                                 const std::vector<PlainContext>& contexts,
                                 const Watch& watch) const {
  const Tensor token = time(t);  // [B, 1, C]
  show(watch, "t_embedder", token);
  const Tensor first = input(latents);  // [B, N, C]
  show(watch, "x_embedder", first);
  const auto apply = [&](std::size_t i, const PlainBlock& block, const Tensor& in) {
    if (block.config.skip) show(watch, fmt::format("block_{}_skip", i), in);
    const Watch inner = !watch ? Watch() : [&](const std::string& step, const Tensor& value) {
      watch(fmt::format("block_{}_{}", i, step), value);
    };
    Tensor out = block(in, contexts[i], false, inner);
    show(watch, fmt::format("block_{}", i), out);
    return out;
  };
  const Tensor x = runWithSkips(blocks, at::cat({token, first}, 1), apply);
  return output(norm(x).narrow(1, 1, latents.size(1)));  // without the time: [B, N, c]
}

}  // namespace maquette::neural
