#include "neural/weights/family.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <string_view>

#include "core/base/error.h"
#include "neural/weights/name_map.h"

// Names: shape-generation 8.5, part-generation 7.2 to 7.4, part-segmentation 6.2.

namespace maquette {
namespace {

/// One part of a file, its names without what they all begin with.
class Part {
 public:
  Part(const WeightFile& file, std::string prefix) : file_(file), prefix_(std::move(prefix)) {}

  bool has(std::string_view name) const { return file_.find(prefix_ + std::string(name)); }
  std::size_t layers(std::string_view pattern) const {
    return layerCount(file_, prefix_ + std::string(pattern));
  }
  std::int64_t size(std::string_view name, std::size_t dimension) const {
    return dimensionOf(file_, prefix_ + std::string(name), dimension);
  }

 private:
  const WeightFile& file_;
  std::string prefix_;
};

std::string doubleStream(const Part& part) {
  return fmt::format("{} double and {} single blocks, width {}{}",
                     part.layers("double_blocks.{}.img_attn.qkv.weight"),
                     part.layers("single_blocks.{}.linear1.weight"),
                     part.size("latent_in.weight", 0),
                     part.has("guidance_in.in_layer.weight") ? ", guidance-distilled" : "");
}

std::string plainBlocks(const Part& part) {
  const std::size_t blocks = part.layers("blocks.{}.norm1.weight");
  std::size_t experts = 0;
  for (std::size_t i = 0; i < blocks; ++i)
    experts += part.has(fmt::format("blocks.{}.moe.gate.weight", i));
  return fmt::format("{} blocks, {} of them with experts, width {}", blocks, experts,
                     part.size("x_embedder.weight", 0));
}

std::string autoencoder(const Part& part) {
  return fmt::format("{} layers, width {}, {}, {} decoder",
                     part.layers("transformer.resblocks.{}.ln_1.weight"),
                     part.size("post_kl.weight", 0),
                     part.has("encoder.input_proj.weight") ? "with encoder" : "without encoder",
                     part.has("geo_decoder.latents_proj.weight") ? "turbo" : "standard");
}

std::string imageEncoder(const Part& part) {
  return fmt::format("DINOv2, {} layers, width {}",
                     part.layers("main_image_encoder.model.encoder.layer.{}.norm1.weight"),
                     part.size("main_image_encoder.model.embeddings.cls_token", 2));
}

std::string nothing(const Part&) { return {}; }

struct Known {
  std::string_view name, sign, otherSign;  // names that tell it from the others
  std::string_view absent;                 // "" or a name that another network has
  std::string (*details)(const Part&);
};

constexpr Known kKnown[] = {
    {"Hunyuan3D 2.0 denoiser", "double_blocks.0.img_attn.qkv.weight",
     "single_blocks.0.linear1.weight", "", doubleStream},
    {"Hunyuan3D 2.1 denoiser", "x_embedder.weight", "blocks.0.attn2.to_q.weight", "part_embed",
     plainBlocks},
    {"X-Part denoiser", "x_embedder.weight", "part_embed", "", plainBlocks},
    {"Hunyuan3D shape autoencoder", "post_kl.weight", "geo_decoder.output_proj.weight", "",
     autoencoder},
    {"Hunyuan3D image encoder", "main_image_encoder.model.embeddings.cls_token",
     "main_image_encoder.model.encoder.layer.0.norm1.weight", "", imageEncoder},
    {"X-Part conditioner", "geo_out_proj.weight", "obj_out_proj.weight", "", nothing},
    {"P3-SAM", "seg_mlp_1.0.weight", "sonata.embedding.stem.linear.weight", "", nothing},
    {"Sonata point encoder", "embedding.stem.linear.weight", "enc.enc0.block0.norm1.0.weight", "",
     nothing},
};

}  // namespace

std::vector<Family> familiesOf(const WeightFile& file) {
  std::vector<Family> found;
  const std::string wrapper = wrapperOf(file);
  for (const char* name : {"", "model.", "vae.", "shapevae.", "conditioner."}) {
    const Part part(file, wrapper + name);
    for (const Known& known : kKnown) {
      if (!part.has(known.sign) || !part.has(known.otherSign)) continue;
      if (!known.absent.empty() && part.has(known.absent)) continue;
      Family family{wrapper + name, std::string(known.name), {}};
      try {
        family.details = known.details(part);
      } catch (const FileError&) {
        family.details = "incomplete";
      }
      found.push_back(std::move(family));
    }
  }
  return found;
}

}  // namespace maquette
