#include <QtTest>
#include <algorithm>
#include <cmath>
#include <random>

#include "core/base/error.h"
#include "neural/weights/int8.h"
#include "neural/weights/manifest.h"

using namespace maquette;

namespace {

/// A matrix [rows, columns] of bell-shaped numbers, its rows of very different sizes.
std::vector<float> bell(std::int64_t rows, std::int64_t columns, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values;
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      values.push_back(normal(random) * std::pow(10.f, float(r % 9) - 6.f));
  return values;
}

TensorView viewOf(const std::vector<float>& values, std::int64_t rows, std::int64_t columns) {
  return {"blocks.0.mlp.fc1.weight",        Dtype::F32, {rows, columns}, {columns, 1}, 0,
          std::as_bytes(std::span(values)), nullptr};
}

struct Rounded {
  std::vector<std::int8_t> codes;
  std::vector<float> scales;
  std::vector<RowError> errors;
};

Rounded rounded(const TensorView& matrix, std::int64_t chunk) {
  const std::int64_t rows = matrix.shape[0], width = matrix.shape[1];
  Rounded all{std::vector<std::int8_t>(std::size_t(rows * width)),
              std::vector<float>(std::size_t(rows)), std::vector<RowError>(std::size_t(rows))};
  for (std::int64_t at = 0; at < rows; at += chunk) {
    const std::int64_t n = std::min(chunk, rows - at);
    roundRows(matrix, at, at + n,
              std::span(all.codes).subspan(std::size_t(at * width), std::size_t(n * width)),
              std::span(all.scales).subspan(std::size_t(at), std::size_t(n)),
              std::span(all.errors).subspan(std::size_t(at), std::size_t(n)));
  }
  return all;
}

}  // namespace

/// What rounding to 8 bits loses, and which matrices are rounded.
class TstInt8 : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void noWeightIsOffByMoreThanHalfAStep() {
    const std::int64_t rows = 60, width = 333;
    std::vector<float> values = bell(rows, width);
    std::fill_n(values.begin() + 7 * width, width, 0.f);
    const Rounded all = rounded(viewOf(values, rows, width), rows);
    for (std::size_t r = 0; r < std::size_t(rows); ++r) {
      double squared = 0., whole = 0.;
      for (std::size_t i = r * std::size_t(width); i < (r + 1) * std::size_t(width); ++i) {
        const double off = double(values[i]) - double(all.scales[r]) * double(all.codes[i]);
        // The quotient itself is rounded, in its last bit.
        QVERIFY(std::abs(off) <= double(all.scales[r]) * (0.5 + 1e-5));
        QVERIFY(all.codes[i] >= -127);
        squared += off * off;
        whole += double(values[i]) * double(values[i]);
      }
      if (r == 7) QCOMPARE(all.scales[r], 0.f);
      QVERIFY(std::abs(all.errors[r].squared - squared) <= 1e-4 * squared);
      QVERIFY(std::abs(all.errors[r].whole - whole) <= 1e-4 * whole);
      QVERIFY(all.errors[r].largest <= 1.f / 254.f * 1.0001f);
    }
    const MatrixError error = errorOf(all.errors);
    QVERIFY(error.relative > 1e-3 && error.relative < 1e-2);
    QVERIFY(error.worstRow >= error.relative);
  }

  void chunksDoNotMatter() {
    const std::int64_t rows = 61, width = 129;
    const std::vector<float> values = bell(rows, width);
    const Rounded whole = rounded(viewOf(values, rows, width), rows);
    for (const std::int64_t chunk : {1, 2, 7, 60}) {
      const Rounded parts = rounded(viewOf(values, rows, width), chunk);
      QCOMPARE(parts.codes, whole.codes);
      QCOMPARE(parts.scales, whole.scales);
    }
  }

  void turnedMatricesAreReadAlongTheirRows() {
    const std::vector<float> values = bell(40, 40);
    TensorView turned = viewOf(values, 40, 40);
    turned.strides = {1, 40};
    std::vector<float> copy(1600);
    copyContiguous(turned, std::as_writable_bytes(std::span(copy)));
    QCOMPARE(rounded(turned, 7).codes, rounded(viewOf(copy, 40, 40), 40).codes);
  }

  void whatIsNoNumberIsRefused() {
    for (const float wrong : {std::nanf(""), INFINITY, -INFINITY}) {
      std::vector<float> values = bell(4, 33);
      values[2 * 33 + 32] = wrong;
      QVERIFY_THROWS_EXCEPTION(FileError, rounded(viewOf(values, 4, 33), 4));
    }
  }

  void halvesBecomeFloatsAndBack() {
    for (std::uint32_t bits = 0; bits < 0x10000u; ++bits) {
      const auto half = std::uint16_t(bits);
      float wide = 0.f;
      toFloats(reinterpret_cast<const std::byte*>(&half), Dtype::F16, {&wide, 1});
      const int exponent = int(bits >> 10 & 31), fraction = int(bits & 1023);
      const double exact =
          (bits & 0x8000u ? -1. : 1.) *
          (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
      if (exponent == 31) {
        QVERIFY(fraction == 0 ? std::isinf(wide) : std::isnan(wide));
        continue;
      }
      QCOMPARE(double(wide), exact);
      std::uint16_t back = 0;
      toHalves({&wide, 1}, &back);
      QCOMPARE(back, half);
      // Between two halves: to the nearer one; in the middle, to the even one.
      const double next = exponent == 0 ? std::ldexp(1., -24) : std::ldexp(1., exponent - 25);
      const float up = float(exact + (exact < 0 ? -1. : 1.) * next * 0.75),
                  middle = float(exact + (std::signbit(wide) ? -1. : 1.) * next * 0.5);
      toHalves({&up, 1}, &back);
      if (exact != 0.) QCOMPARE(back, std::uint16_t(half + 1));
      toHalves({&middle, 1}, &back);
      QCOMPARE(back, std::uint16_t(half + (half & 1)));
    }
    const float third = 1.f / 3.f, none = std::nanf("");
    std::uint16_t brain = 0;
    toBrainHalves({&third, 1}, &brain);
    QCOMPARE(brain, std::uint16_t(0x3eab));
    toBrainHalves({&none, 1}, &brain);
    QCOMPARE(brain, std::uint16_t(0x7fc0));
  }

  void matricesOfRepeatedLayersAreWorthIt() {
    const std::vector<std::int64_t> big{2048, 2048};
    for (const char* name :
         {"blocks.3.attn2_2.to_q.weight", "model.blocks.20.moe.experts.7.net.0.proj.weight",
          "double_blocks.0.img_mod.lin.weight", "single_blocks.31.linear1.weight",
          "vae.transformer.resblocks.4.mlp.c_fc.weight", "sonata.enc.enc4.block0.mlp.0.fc1.weight",
          "conditioner.main_image_encoder.model.encoder.layer.3.attention.attention.key.weight",
          "geo_decoder.cross_attn_decoder.attn.c_kv.weight", "blocks.12.skip_linear.weight"})
      QVERIFY2(worthInt8(name, big), name);
    for (const char* name :
         {"x_embedder.weight", "t_embedder.mlp.0.weight", "time_in.in_layer.weight", "part_embed",
          "blocks.3.moe.gate.weight", "blocks.3.attn1.to_q.bias", "final_layer.linear.weight",
          "seg_mlp_1.0.weight", "mlp.0.weight", "iou_mlp.0.weight", "latent_in.weight"})
      QVERIFY2(!worthInt8(name, big), name);
    QVERIFY(!worthInt8("blocks.0.attn1.to_q.weight", std::vector<std::int64_t>{64, 64}));
    const std::vector<std::int64_t> convolution{64, 3, 3, 3, 64}, small{16, 3, 3, 3, 16};
    QVERIFY(worthInt8("sonata.enc.enc3.block0.cpe.0.weight", convolution));
    QVERIFY(!worthInt8("sonata.enc.enc3.block0.cpe.0.weight", small));
    QVERIFY(!worthInt8("sonata.embedding.cpe.0.weight", convolution));
  }
};

QTEST_GUILESS_MAIN(TstInt8)
#include "tst_int8.moc"
