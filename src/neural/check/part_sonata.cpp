// How the fixtures of part generation are computed: X-Part's copy of Sonata.

#include <ATen/ops/cat.h>
#include <ATen/ops/full_like.h>
#include <spdlog/fmt/fmt.h>

#include "neural/check/fixture.h"
#include "neural/check/grids.h"
#include "neural/segment/sonata.h"

namespace maquette::neural {
namespace {

using at::Tensor;

constexpr double kCell = 0.005;

void codes(Fixture& f) {
  for (const int depth : {3, 7, 10, 16}) {
    const std::string name = fmt::format("D{}", depth);
    f.out("codes." + name, codesOf(cellsIn(f, "grid." + name), depth));
  }
}

/// The object's points where Sonata wants them, single precision, and their voxels.
struct Object {
  Tensor places;  // float [N, 3]
  Voxels voxels;
};

Object objectOf(const Fixture& f) {
  const Tensor points = f.stored("points").cpu();
  const Tensor least = points.amin(0), most = points.amax(0);
  Tensor shift = least.add(most).div(2.);
  shift[2].copy_(least[2]);
  const Tensor places = points.sub(shift);
  const Tensor wide = places.to(c10::kDouble).contiguous();
  return {places, voxelsOf({wide.const_data_ptr<double>(), std::size_t(wide.numel())}, kCell)};
}

/// [place, colour 1/255, normal] of the points that stand for their voxels: [M, 9].
Tensor rowsOf(const Fixture& f, const Object& object) {
  const Tensor rows = f.stored("representative").cpu();
  const Tensor places = object.places.index_select(0, rows);
  return at::cat(
      {places, at::full_like(places, 1. / 255.), f.stored("normals").cpu().index_select(0, rows)},
      1);
}

void voxels(Fixture& f) {
  const Object object = objectOf(f);
  f.out("count", tensorOf(object.voxels.counts));
  f.out("grid", tensorOf(object.voxels.cells));
  f.out("inverse", tensorOf(object.voxels.inverse));
  f.out("rows", rowsOf(f, object));
}

void patches(Fixture& f) {
  for (const std::string& name : f.outputs()) {
    if (!name.ends_with(".pad")) continue;
    const std::string start = name.substr(0, name.size() - 3);  // "p1024.m3000."
    const std::size_t m = start.find(".m");
    const std::int64_t count[] = {std::stoll(start.substr(m + 2))};
    const Windows all = windowsOf(count, std::stoll(start.substr(1, m - 1)));
    f.out(start + "pad", tensorOf(all.slots));
    f.out(start + "unpad", tensorOf(all.readback));
    f.out(start + "cu", tensorOf(all.bounds));
  }
}

/// The name of the one module whose weights a fixture has: all up to `end`.
std::string moduleIn(const Fixture& f, const std::string& end) {
  for (int stage = 0; stage < 5; ++stage)
    for (int block = 0; block < 5; ++block)
      for (const std::string& name :
           {fmt::format("seg_feat_encoder.sonata.enc.enc{}.block{}.", stage, block),
            fmt::format("seg_feat_encoder.sonata.enc.enc{}.", stage)})
        if (f.weights(name).has(end)) return name;
  return {};
}

void convolution(Fixture& f) {
  const Parameters p = f.weights(moduleIn(f, "cpe.0.weight"));
  const Tensor x = f.in("x");
  const SparseConvolution layer(p.at("cpe.0."), x.size(1), f.theirs("y").size(1));
  f.out("y", layer(x, SparseNeighbours(neighboursOf(cellsIn(f, "grid")), x.device())));
}

void block(Fixture& f) {
  SonataConfig config;
  config.window = f.config().integer("patch");
  const SonataBlock layer(f.weights(moduleIn(f, "attn.qkv.weight")), f.config().integer("channels"),
                          f.config().integer("heads"), config);
  const SonataStage stage = stageOf(f, permutationsIn(f, "order_perm")[0]);
  std::vector<Tensor> orders;
  for (const SonataStage::Row& row : stage.rows) orders.push_back(row.order.unsqueeze(0));
  f.out("order", at::cat(orders));
  f.out("x", layer(f.in("x"), stage.neighbours,
                   stage.rows[std::size_t(f.config().integer("order_index"))]));
}

void pooling(Fixture& f) {
  const Tensor x = f.in("x");
  const Coarser coarser = halved(cellsIn(f, "grid"));
  const SonataPooling layer(f.weights(moduleIn(f, "down.proj.weight") + "down."), x.size(1),
                            f.theirs("x").size(1));
  const Tensor cluster = tensorOf(coarser.cluster).to(x.device());
  f.out("cluster", cluster);
  f.out("grid", tensorOf(coarser.cells));
  const Tensor pooled = layer(x, cluster, std::int64_t(coarser.cells.size()));
  f.out("x", pooled);
  std::vector<SonataStage> stages(2);
  stages[0].cluster = cluster;
  const Tensor features[] = {x, pooled};
  f.out("unpooled", upcast(features, stages));
}

void extractor(Fixture& f) {
  SonataConfig config;
  config.channels = f.config().integers("channels");
  config.heads = f.config().integers("heads");
  config.depths = f.config().integers("depths");
  config.window = f.config().integer("patch");
  const std::vector<std::int64_t> head = f.config().integers("head");
  const Sonata model(f.weights("seg_feat_encoder.sonata."), config);
  const ThreeLayers mlp(f.weights("seg_feat_encoder.mlp."), head[0], head[1], head[3]);
  const Object object = objectOf(f);
  const c10::Device device = f.placement().device;
  const c10::ScalarType dtype = f.placement().dtype;
  const auto stages =
      sonataStages(object.voxels.cells, permutationsIn(f, "order_perm"), config.depths, device);
  const std::vector<Tensor> features = model(rowsOf(f, object).to(device, dtype), stages);
  for (std::size_t s = 0; s < stages.size(); ++s) {
    f.out(fmt::format("stage{}.grid", s), tensorOf(stages[s].cells));
    f.out(fmt::format("stage{}.feat", s), features[s]);
  }
  f.out("voxel_concat", upcast(features, stages));
  // The first layer at every stage's own resolution: the same numbers, less work.
  const Tensor voxelFeatures = mlp.rest(firstLayerByStage(mlp.first, features, stages));
  f.out("point_features",
        voxelFeatures.index_select(0, tensorOf(object.voxels.inverse).to(device)));
}

constexpr Implementation kImplementations[] = {
    {"13-sonata-codes", codes},         {"14-sonata-voxels", voxels},
    {"15-sonata-patches", patches},     {"16-sonata-conv", convolution},
    {"17-sonata-block", block},         {"18-sonata-pool", pooling},
    {"19-sonata-extractor", extractor},
};

}  // namespace

std::span<const Implementation> partSonataImplementations() { return kImplementations; }

}  // namespace maquette::neural
