#include "neural/shape/conditioner.h"

#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

namespace maquette::neural {
namespace {

using at::Tensor;

constexpr std::int64_t kViews = 4;

/// Constants of the data that DINOv2 was trained on, rounded to the type of the pixels.
Tensor perChannel(at::ArrayRef<double> values, const Tensor& like) {
  return at::tensor(values, at::TensorOptions(c10::kDouble))
      .to(like.device(), like.scalar_type())
      .view({1, 3, 1, 1});
}

Tensor resized(const Tensor& x, std::int64_t size) {
  const std::int64_t h = x.size(2), w = x.size(3), shorter = std::min(h, w);
  if (shorter == size) return x;
  const Tensor wide = at::_upsample_bilinear2d_aa(x.to(c10::kFloat),
                                                  {h * size / shorter, w * size / shorter}, false);
  return wide.to(x.scalar_type());
}

}  // namespace

Tensor pixelsFor(const Tensor& image, std::int64_t size, c10::ScalarType dtype) {
  Tensor x = image.to(c10::kFloat).add(1.).div(2.).to(dtype);
  x = resized(x, size);
  x = x.narrow(2, (x.size(2) - size) / 2, size).narrow(3, (x.size(3) - size) / 2, size);
  return x.sub(perChannel({.485, .456, .406}, x)).div(perChannel({.229, .224, .225}, x));
}

Tensor viewEmbedding(std::int64_t channels) {
  const auto options = at::TensorOptions(c10::kDouble);
  const Tensor k = at::arange(channels / 2, options);
  const Tensor omega = at::pow(10000., k.neg().div(double(channels) / 2.));
  const Tensor angles = at::arange(kViews, options).unsqueeze(1).mul(omega);  // [4, C/2]
  return at::cat({angles.sin(), angles.cos()}, 1).to(c10::kFloat);
}

Tensor lookAt(const Dinov2& model, const Tensor& image, std::int64_t size) {
  return model(pixelsFor(image, size, model.positions.scalar_type()).contiguous());
}

Tensor lookAtViews(const Dinov2& model, const Tensor& images,
                   const std::vector<std::int64_t>& views, std::int64_t size) {
  const std::int64_t b = images.size(0), v = images.size(1);
  const Tensor tokens = lookAt(model, images.flatten(0, 1), size);  // [B * V, T, C]
  const Tensor table = viewEmbedding(tokens.size(-1)).to(tokens.device(), tokens.scalar_type());
  const Tensor rows =
      table.index_select(0, at::tensor(views, at::TensorOptions(c10::kLong)).to(tokens.device()));
  return tokens.view({b, v, tokens.size(1), -1})
      .add(rows.view({1, v, 1, -1}))  // [B, V, T, C]
      .flatten(1, 2);
}

}  // namespace maquette::neural
