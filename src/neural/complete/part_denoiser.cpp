#include "neural/complete/part_denoiser.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/index_select.h>
#include <spdlog/fmt/fmt.h>

namespace maquette::neural {

using at::Tensor;

PartDenoiserConfig PartDenoiserConfig::of(const Parameters& p) {
  PartDenoiserConfig config;
  config.width = p.size("x_embedder.weight", 0);
  config.latentChannels = p.size("x_embedder.weight", 1);
  config.contextWidth = p.size("blocks.0.attn2.to_k.weight", 1);
  config.heads = config.width / 128;
  config.names = p.size("part_embed", 0);
  std::tie(config.depth, config.expertBlocks, config.experts) = plainDepthOf(p);
  return config;
}

PartInput::PartInput(const Parameters& p, const PartDenoiserConfig& shape)
    : latent(inside(p, "x_embedder"), shape.latentChannels, shape.width),
      names(p.take("part_embed", {shape.names, shape.width})),
      time(inside(p, "t_embedder"), shape.width) {}

Tensor PartInput::operator()(const Tensor& latents, const Tensor& t, const Tensor& ids) const {
  const Tensor named = latent(latents).add(names.index_select(0, ids).unsqueeze(1));
  return at::cat({time(t), named}, 1);
}

PartDenoiser::PartDenoiser(const Parameters& p, const PartDenoiserConfig& shape, bool streamed)
    : config(shape),
      input(p, shape),
      output(inside(p, "final_layer.linear"), shape.width, shape.latentChannels),
      blocks(plainBlocks(p, shape.depth, shape.expertBlocks,
                         {.width = shape.width,
                          .heads = shape.heads,
                          .contextWidth = shape.contextWidth,
                          .experts = shape.experts,
                          .secondContext = true},
                         streamed)),
      norm(inside(p, "final_layer.norm_final"), shape.width, 1e-6) {}

std::vector<PlainContext> PartDenoiser::look(const Tensor& object, const Tensor& part) const {
  std::vector<PlainContext> contexts;
  for (std::size_t i = 0; i < blocks.size(); ++i)
    contexts.push_back(blocks.at(i).look(object, part));
  return contexts;
}

Tensor PartDenoiser::operator()(const Tensor& latents, const Tensor& t, const Tensor& ids,
                                const std::vector<PlainContext>& contexts,
                                const Watch& watch) const {
  const auto step = [&](std::size_t i, const PlainBlock& block, const Tensor& in) {
    Tensor out = block(in, contexts[i], i % 2 == 1);
    show(watch, fmt::format("block_{}", i), out);
    return out;
  };
  const Tensor x = runWithSkips(blocks, input(latents, t, ids), step);
  return output(norm(x).narrow(1, 1, latents.size(1)));
}

}  // namespace maquette::neural
