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

PartDenoiser::PartDenoiser(const Parameters& p, const PartDenoiserConfig& shape)
    : config(shape),
      input(p, shape),
      output(inside(p, "final_layer.linear"), shape.width, shape.latentChannels),
      norm(inside(p, "final_layer.norm_final"), shape.width, 1e-6) {
  const PlainBlockConfig common{.width = shape.width,
                                .heads = shape.heads,
                                .contextWidth = shape.contextWidth,
                                .experts = shape.experts,
                                .secondContext = true};
  for (std::size_t i = 0; i < shape.depth; ++i)
    blocks.emplace_back(inside(p, fmt::format("blocks.{}", i)),
                        plainBlockAt(i, shape.depth, shape.expertBlocks, common));
}

std::vector<PlainContext> PartDenoiser::look(const Tensor& object, const Tensor& part) const {
  std::vector<PlainContext> contexts;
  for (const PlainBlock& block : blocks) contexts.push_back(block.look(object, part));
  return contexts;
}

Tensor PartDenoiser::operator()(const Tensor& latents, const Tensor& t, const Tensor& ids,
                                const std::vector<PlainContext>& contexts,
                                const Watch& watch) const {
  const Tensor x =
      runWithSkips(blocks, input(latents, t, ids), [&](std::size_t i, const Tensor& in) {
        Tensor out = blocks[i](in, contexts[i], i % 2 == 1);
        show(watch, fmt::format("block_{}", i), out);
        return out;
      });
  return output(norm(x).narrow(1, 1, latents.size(1)));
}

}  // namespace maquette::neural
