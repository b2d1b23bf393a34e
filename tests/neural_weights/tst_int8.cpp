#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>
#include <random>
#include <thread>

#include "core/base/error.h"
#include "core/jobs/parallel.h"
#include "neural/weights/conversion.h"
#include "neural/weights/manifest.h"
#include "neural/weights/weight_cache.h"
#include "support/weight_files.h"

using namespace maquette;
using namespace maquette::test;

namespace {

using Path = std::filesystem::path;
using Origin = WeightCache::Origin;

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

std::vector<NamedShape> network() {
  return {{"blocks.0.attn1.to_q.weight", {512, 384}, Dtype::F16},
          {"blocks.0.attn1.to_q.bias", {512}, Dtype::F16},
          {"blocks.0.mlp.fc1.weight", {1536, 384}, Dtype::F16},
          {"blocks.0.moe.gate.weight", {512, 384}, Dtype::F16},
          {"blocks.0.norm1.weight", {384}, Dtype::F32},
          {"count", {}, Dtype::I64},
          {"none", {0, 7}, Dtype::F32},
          {"x_embedder.weight", {512, 384}, Dtype::F16}};
}

std::string bytesIn(const Path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Everything that the file holds, for comparison.
std::string contentOf(const WeightFile& file) {
  std::string all;
  std::vector<const TensorView*> tensors;
  for (const TensorView& tensor : file.tensors()) tensors.push_back(&tensor);
  std::ranges::sort(tensors, {}, &TensorView::name);
  for (const TensorView* tensor : tensors) {
    all += tensor->name + " " + std::string(nameOf(tensor->dtype)) + shownShape(tensor->shape);
    std::vector<std::byte> bytes(tensor->bytes());
    copyContiguous(*tensor, bytes);
    all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return all;
}

}  // namespace

class TstInt8 : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  Path file_, cache_;

  WeightCache cache(std::uint64_t limit = 1'000'000'000) const {
    return WeightCache(WeightCachePlace{cache_, limit});
  }
  std::size_t filesInCache() const {
    std::error_code error;
    std::size_t count = 0;
    for (std::filesystem::directory_iterator it(cache_, error), end; !error && it != end; ++it)
      ++count;
    return count;
  }

 private Q_SLOTS:
  void init() {
    file_ = Path(folder_.path().toStdString()) / "net.safetensors";
    cache_ = Path(folder_.path().toStdString()) / "cache";
    std::filesystem::remove_all(cache_);
    writeSafetensors(file_, network(), Fill::Halves);
  }

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

  void chunksAndThreadsDoNotMatter() {
    const std::int64_t rows = 61, width = 129;
    const std::vector<float> values = bell(rows, width);
    const Rounded whole = rounded(viewOf(values, rows, width), rows);
    for (const std::int64_t chunk : {1, 2, 7, 60}) {
      const Rounded parts = rounded(viewOf(values, rows, width), chunk);
      QCOMPARE(parts.codes, whole.codes);
      QCOMPARE(parts.scales, whole.scales);
    }
    std::vector<std::string> made;
    for (const int threads : {1, 2, 5}) {
      setThreadLimit(threads);
      std::filesystem::remove_all(cache_);
      made.push_back(bytesIn(cache().open(file_, Conversion::int8, {}).kept));
    }
    setThreadLimit(0);
    QVERIFY(made[0].size() > 800'000);
    QVERIFY(made[0] == made[1] && made[0] == made[2]);
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

  void aConvertedFileHoldsEverything() {
    const WeightFile original = openWeights(file_);
    const WeightCache::Opened made = cache().open(file_, Conversion::int8, {});
    QVERIFY(made.origin == Origin::converted);
    QCOMPARE(made.file.tensors().size(), original.tensors().size() + 2);
    for (const TensorView& tensor : original.tensors()) {
      const TensorView& now = made.file.at(tensor.name);
      QCOMPARE(now.shape, tensor.shape);
      QVERIFY(now.elements() == 0 || now.aligned());
      const bool converted =
          tensor.name.ends_with("to_q.weight") || tensor.name.ends_with("fc1.weight");
      QCOMPARE(now.dtype, converted ? Dtype::I8 : tensor.dtype);
      if (!converted) {
        QCOMPARE(floatsOf(now), floatsOf(tensor));
        continue;
      }
      const std::vector<float> before = floatsOf(tensor), codes = floatsOf(now),
                               scales = floatsOf(made.file.at(scaleName(tensor.name)));
      for (std::size_t i = 0; i < before.size(); ++i) {
        const float scale = scales[i / std::size_t(tensor.shape[1])];
        QVERIFY(std::abs(before[i] - codes[i] * scale) <= 0.50001f * scale);
      }
    }
    const std::uint64_t numbers = 512 * 384 + 1536 * 384;
    QCOMPARE(made.report.before - made.report.after, numbers - (512 + 1536) * 4);
    QCOMPARE(made.report.tensors.size(), std::size_t(2));
    QVERIFY(made.report.worst()->error.relative > 1e-3);
    QVERIFY(made.report.meanRelative() <= made.report.worst()->error.relative);
  }

  void whatIsKeptIsTheSame() {
    const WeightCache::Opened first = cache().open(file_, Conversion::int8, {});
    const WeightCache::Opened again = cache().open(file_, Conversion::int8, {});
    const WeightCache::Opened memory =
        WeightCache(WeightCachePlace{}).open(file_, Conversion::int8, {});
    QVERIFY(again.origin == Origin::cache && memory.origin == Origin::memory);
    QCOMPARE(again.kept, first.kept);
    QVERIFY(contentOf(again.file) == contentOf(first.file));
    QVERIFY(contentOf(memory.file) == contentOf(first.file));
    QCOMPARE(again.report.tensors[1].name, first.report.tensors[1].name);
    QVERIFY(std::abs(again.report.tensors[1].error.relative -
                     first.report.tensors[1].error.relative) < 1e-8);
    QCOMPARE(again.file.path(), file_);  // messages speak of the user's file
  }

  void halvesAreKeptToo() {
    for (const auto& [conversion, type] :
         {std::pair(Conversion::f16, Dtype::F16), std::pair(Conversion::bf16, Dtype::BF16)}) {
      const WeightCache::Opened made = cache().open(file_, conversion, {});
      QVERIFY(cache().open(file_, conversion, {}).origin == Origin::cache);
      QCOMPARE(made.file.at("blocks.0.norm1.weight").dtype, type);
      QCOMPARE(made.file.at("count").dtype, Dtype::I64);
    }
    QCOMPARE(cache().entries().size(), std::size_t(2));
  }

  void whereThereIsNothingToDoTheFileIsUsed() {
    writeSafetensors(file_, {{"a", {300, 300}, Dtype::F16}}, Fill::Halves);
    const WeightCache::Opened made = cache().open(file_, Conversion::int8, {});
    QVERIFY(made.origin == Origin::original);
    QCOMPARE(filesInCache(), std::size_t(0));
  }

  void anotherContentIsAnotherFile() {
    const Path first = cache().open(file_, Conversion::int8, {}).kept;
    std::vector<NamedShape> other = network();
    other[0].shape = {384, 512};
    writeSafetensors(file_, other, Fill::Halves);
    const Path second = cache().open(file_, Conversion::int8, {}).kept;
    QVERIFY(second != first);
    {  // the same size, the same samples: its time tells
      std::fstream out(file_, std::ios::binary | std::ios::in | std::ios::out);
      out.seekp(700'001);
      out.put('x');
    }
    QVERIFY(cache().open(file_, Conversion::int8, {}).kept != second);
  }

  void damageIsNoticedWhereverItIs() {
    const WeightCache::Opened first = cache().open(file_, Conversion::int8, {});
    const std::string good = bytesIn(first.kept), content = contentOf(first.file);
    std::vector<std::string> damaged{good.substr(0, good.size() - 1), good.substr(0, 9),
                                     good.substr(0, 3000), good + "x", "{}"};
    for (const std::size_t at : {std::size_t{0}, std::size_t{9}, std::size_t{40}, std::size_t{200},
                                 std::size_t{900}, good.size() / 2, good.size() - 1}) {
      damaged.push_back(good);
      damaged.back()[at] = char(damaged.back()[at] ^ 1);
    }
    for (const std::string& bytes : damaged) {
      // A new file, as a failing disk would show it: the old one may still be mapped.
      std::filesystem::remove(first.kept);
      std::ofstream(first.kept, std::ios::binary) << bytes;
      const WeightCache::Opened again = cache().open(file_, Conversion::int8, {});
      QVERIFY(again.origin == Origin::converted);
      QVERIFY(contentOf(again.file) == content);
      QCOMPARE(filesInCache(), std::size_t(1));
    }
  }

  void cancellingLeavesNothingUnfinished() {
    int cancelled = 0;
    for (int at = 0; at < 6; ++at) {
      std::filesystem::remove_all(cache_);
      std::stop_source stop;
      const auto progress = std::make_shared<Progress>();
      std::jthread other([&] {
        while (at > 0 && progress->snapshot().fraction < 0.15f * float(at) &&
               !stop.stop_requested())
          std::this_thread::yield();
        stop.request_stop();
      });
      try {
        cache().open(file_, Conversion::int8, Context(stop.get_token(), progress));
      } catch (const Cancelled&) {
        ++cancelled;
      }
      stop.request_stop();
      // Nothing, or, where it was asked for at the very end, all of it.
      QCOMPARE(filesInCache(), cache().entries().size());
      if (filesInCache() > 0)
        QVERIFY(cache().open(file_, Conversion::int8, {}).origin == Origin::cache);
      if (at == 0) QCOMPARE(filesInCache(), std::size_t(0));
    }
    QVERIFY(cancelled > 0);
  }

  void twoProcessesMakeOneFile() {
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i) {
      const pid_t child = ::fork();
      if (child == 0) {
        int code = 1;
        try {
          const auto made = cache().open(file_, Conversion::int8, {});
          code = made.origin == Origin::cache || made.origin == Origin::converted ? 0 : 2;
        } catch (...) {
        }
        ::_exit(code);
      }
      children.push_back(child);
    }
    for (const pid_t child : children) {
      int status = -1;
      ::waitpid(child, &status, 0);
      QCOMPARE(status, 0);
    }
    QCOMPARE(filesInCache(), std::size_t(1));
    QVERIFY(cache().open(file_, Conversion::int8, {}).origin == Origin::cache);
  }

  void manyThreadsMakeOneFile() {
    std::atomic<int> converted{0}, cached{0};
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 6; ++i)
        threads.emplace_back([&] {
          const auto made = cache().open(file_, Conversion::int8, {});
          if (made.origin == Origin::converted) ++converted;
          if (made.origin == Origin::cache) ++cached;
        });
    }
    QCOMPARE(converted.load(), 1);
    QCOMPARE(cached.load(), 5);
    QCOMPARE(filesInCache(), std::size_t(1));
  }

  void whatAKilledProcessLeftIsTakenOver() {
    const Path kept = cache().open(file_, Conversion::int8, {}).kept;
    std::filesystem::rename(kept, kept.string() + ".part");
    QVERIFY(cache().open(file_, Conversion::int8, {}).origin == Origin::converted);
    QCOMPARE(filesInCache(), std::size_t(1));
    std::ofstream(kept.string() + ".part") << "rest";
    QVERIFY(cache().clear() > 4);
    QCOMPARE(filesInCache(), std::size_t(0));
  }

  void theLongestUnusedGoesFirst() {
    std::vector<Path> kept;
    for (int i = 0; i < 3; ++i) {
      const Path file = file_.parent_path() / ("net" + std::to_string(i) + ".safetensors");
      writeSafetensors(file, network(), Fill::Halves);
      kept.push_back(cache().open(file, Conversion::int8, {}).kept);
      const timespec long_ago[2] = {{1000 + i, 0}, {1000 + i, 0}};
      ::utimensat(AT_FDCWD, kept.back().c_str(), long_ago, 0);
    }
    cache().open(file_.parent_path() / "net0.safetensors", Conversion::int8, {});  // used again
    const std::uint64_t one = std::filesystem::file_size(kept[0]);
    cache(3 * one).open(file_, Conversion::int8, {});
    QVERIFY(std::filesystem::exists(kept[0]));
    QVERIFY(!std::filesystem::exists(kept[1]));
    QVERIFY(std::filesystem::exists(kept[2]));
    QCOMPARE(cache().entries().size(), std::size_t(3));
    QCOMPARE(cache().clear(), 3 * one);
    QVERIFY(cache(one / 2).open(file_, Conversion::int8, {}).origin == Origin::memory);
    QCOMPARE(filesInCache(), std::size_t(0));
  }

  void withoutRoomItGoesOnInMemory() {
    // A file where the folder should be: no rights help, also not root's.
    std::ofstream(cache_) << "no folder";
    const auto blocked = cache().open(file_, Conversion::int8, {});
    QVERIFY(blocked.origin == Origin::memory);
    std::filesystem::remove(cache_);
    // A disk that is full halfway.
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{300'000, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const auto full = cache().open(file_, Conversion::int8, {});
    ::setrlimit(RLIMIT_FSIZE, &before);
    QVERIFY(full.origin == Origin::memory);
    QCOMPARE(filesInCache(), std::size_t(0));
    QVERIFY(contentOf(full.file) == contentOf(cache().open(file_, Conversion::int8, {}).file));
  }

  void placesComeFromTheEnvironment() {
    qputenv("MAQUETTE_WEIGHT_CACHE", "/somewhere/else");
    qputenv("MAQUETTE_WEIGHT_CACHE_LIMIT", "3GB");
    QCOMPARE(weightCachePlace().folder, Path("/somewhere/else"));
    QCOMPARE(weightCachePlace().limit, std::uint64_t(3'000'000'000));
    qputenv("MAQUETTE_WEIGHT_CACHE_LIMIT", "0");
    QCOMPARE(weightCachePlace().limit, std::uint64_t(0));
    qunsetenv("MAQUETTE_WEIGHT_CACHE");
    qunsetenv("MAQUETTE_WEIGHT_CACHE_LIMIT");
    qputenv("XDG_CACHE_HOME", "/caches");
    QCOMPARE(weightCachePlace().folder, Path("/caches/maquette/weights"));
  }
};

QTEST_GUILESS_MAIN(TstInt8)
#include "tst_int8.moc"
