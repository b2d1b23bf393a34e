#include <ATen/ops/empty.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "neural/complete/part_denoiser.h"
#include "neural/facts.h"
#include "neural/nn/dinov2.h"
#include "neural/nn/shape_vae.h"
#include "neural/segment/mask_heads.h"
#include "neural/segment/sonata.h"
#include "neural/shape/plain_denoiser.h"
#include "neural/shape/stream_denoiser.h"
#include "neural/weights/manifest.h"

using namespace maquette;
using namespace maquette::neural;

// Every network is built from the names and shapes of every official file, at its full size and
// without a single number: nothing may be missing, left over or of another shape.

namespace {

const std::filesystem::path kManifests =
    std::filesystem::path(MAQUETTE_TEST_DATA) / "weights" / "manifests";

std::vector<Manifest> manifests(const std::string& name) {
  return readManifests(kManifests / (name + ".json"));
}

Parameters promised(const Manifest& manifest) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const NamedShape& one : manifest.tensors)
    tensors.emplace_back(one.name,
                         at::empty(one.shape, at::TensorOptions(c10::kMeta).dtype(c10::kHalf)));
  return Parameters(tensors, manifest.name, {c10::Device(c10::kMeta), c10::kHalf});
}

void vae(const Parameters& p) {
  const VaeConfig config = VaeConfig::of(p);
  const LatentDecoder latents(p, config);
  const GeometryDecoder field(p.at("geo_decoder."), config);
  EXPECT(config.width == 1024 && config.heads == 16 && config.latentChannels == 64);
  EXPECT(config.decoderLayers == 16 && config.octaves == 8);
  if (p.has("encoder.input_proj.weight")) {
    const PointEncoder encoder(p.at("encoder."), config);
    const Linear moments(p.at("pre_kl."), config.width, 2 * config.latentChannels);
    EXPECT(config.encoderLayers == 8 && config.pointChannels == 4);
  }
}

void denoiser(const Parameters& p) {
  if (p.has("latent_in.weight")) {
    const StreamConfig config = StreamConfig::of(p);
    const StreamDenoiser model(p, config);
    EXPECT(config.heads == 16 && config.singleBlocks == 2 * config.doubleBlocks);
  } else {
    const PlainDenoiserConfig config = PlainDenoiserConfig::of(p);
    const PlainDenoiser model(p, config);
    EXPECT(config.depth == 21 && config.expertBlocks == 6 && config.experts == 8);
    EXPECT(config.heads == 16);
  }
}

void sonata(const Parameters& p) {
  const SonataConfig config = SonataConfig::of(p);
  const SonataConfig official;
  EXPECT(config.channels == official.channels && config.heads == official.heads);
  EXPECT(config.depths == official.depths);
  const Sonata model(p, config);
}

void complete(const Manifest& manifest, const Parameters& p) {
  const NameReport report = p.report();
  std::cout << manifest.name << ": " << report.summary() << ", unused " << report.unused << ", "
            << p.bytes() / 1000000 << " MB" << std::endl;
  EXPECT(report.complete());
  EXPECT(report.consumed + report.unused == manifest.tensors.size());
}

}  // namespace

FACT(everyShapeFileIsConsumed) {
  for (const Manifest& manifest : manifests("manifest-checkpoints")) {
    const Parameters p = promised(manifest);
    const auto holds = [&](const std::string& prefix) {
      return std::ranges::any_of(
          manifest.tensors, [&](const NamedShape& one) { return one.name.starts_with(prefix); });
    };
    if (holds("model.")) {
      denoiser(p.at("model."));
      vae(p.at("vae."));
      const Parameters image = p.at("conditioner.main_image_encoder.model.");
      const Dinov2Config config = Dinov2Config::of(image);
      EXPECT(config.heads == (config.gated ? 24 : 16));
      const Dinov2 eyes(image, config);
    } else {
      vae(p);
    }
    complete(manifest, p);
  }
}

FACT(p3samIsConsumed) {
  const std::vector<Manifest> all = manifests("manifest-p3sam");
  EXPECT(all.size() == 2);
  for (const Manifest& manifest : all) {
    const Parameters p = promised(manifest);
    const bool whole = p.has("seg_mlp_1.0.weight");
    EXPECT(manifest.tensors.size() == (whole ? 513 : 453));
    sonata(whole ? p.at("sonata.") : p);
    if (whole) {
      const MaskHeadsConfig config = MaskHeadsConfig::of(p);
      EXPECT(config.features == 512 && config.firstInner == 512 && config.secondInner == 256);
      const ThreeLayers features(p.at("mlp."), SonataConfig().upcastChannels(), 512, 512);
      const MaskHeads heads(p, config);
    }
    complete(manifest, p);
  }
}

FACT(xPartIsConsumed) {
  const Manifest model = manifests("manifest-xpart-model").at(0);
  const Parameters p = promised(model);
  const PartDenoiserConfig config = PartDenoiserConfig::of(p);
  EXPECT(config.depth == 21 && config.expertBlocks == 6 && config.experts == 8);
  EXPECT(config.names == 50 && config.heads == 16);
  const PartDenoiser denoise(p, config);
  complete(model, p);

  const Manifest shape = manifests("manifest-xpart-shapevae").at(0);
  const Parameters q = promised(shape);
  vae(q);
  complete(shape, q);

  const Manifest conditioner = manifests("manifest-xpart-conditioner").at(0);
  const Parameters r = promised(conditioner);
  for (const std::string part : {"geo_encoder.local_encoder.", "obj_encoder."}) {
    const PointEncoder encoder(r.at(part + "encoder."), VaeConfig::of(r.at(part)));
    // Whole autoencoders are stored; only their encoders are of use.
    for (const std::string rest : {"pre_kl.", "post_kl.", "transformer.", "geo_decoder."})
      r.ignore(part + rest);
  }
  const Linear geometry(r.at("geo_out_proj."), 1536, 1024),
      object(r.at("obj_out_proj."), 1536, 1024);
  sonata(r.at("seg_feat_encoder.sonata."));
  const ThreeLayers features(r.at("seg_feat_encoder.mlp."), 1232, 512, 512);
  complete(conditioner, r);
}

FACT_MAIN
