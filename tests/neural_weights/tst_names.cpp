#include <QTest>
#include <algorithm>

#include "neural/weights/family.h"
#include "neural/weights/manifest.h"
#include "neural/weights/name_map.h"
#include "neural_weights/weight_data.h"
#include "support/weight_files.h"

using namespace maquette;
using namespace maquette::test;

namespace {

std::filesystem::path manifestNamed(const std::string& name) {
  return weightData("manifests/manifest-" + name + ".json");
}

std::vector<NamedShape> tensorsOf(const std::string& manifest) {
  std::vector<NamedShape> tensors = readManifests(manifestNamed(manifest)).front().tensors;
  for (NamedShape& tensor : tensors)
    if (!tensor.dtype) tensor.dtype = Dtype::F16;
  return tensors;
}

std::vector<NamedShape> p3sam() {
  for (const Manifest& manifest : readManifests(manifestNamed("p3sam")))
    if (manifest.name.ends_with("/p3sam")) return manifest.tensors;
  return {};
}

NamedShape& named(std::vector<NamedShape>& tensors, const std::string& name) {
  return *std::ranges::find(tensors, name, &NamedShape::name);
}

/// A file of such tensors that takes no room.
WeightFile fileOf(const std::vector<NamedShape>& tensors) {
  static const QTemporaryDir folder;
  const auto path = folder.filePath("file.safetensors").toStdString();
  std::filesystem::remove(path);  // an older one may still be mapped
  writeSafetensors(path, tensors, Fill::Holes);
  return openWeights(path);
}

/// What a network's map will look like; every rule of the 2.1 denoiser.
const NameMap& denoiser21() {
  static const NameMap map{
      {"x_embedder.*", "latentIn.*"},
      {"t_embedder.mlp.{}.*", "timeIn.{}.*"},
      {"blocks.{}.norm{}.*", "blocks.{}.norm{}.*"},
      {"blocks.{}.attn{}.out_proj.*", "blocks.{}.attention{}.out.*"},
      {"blocks.{}.attn{}.*.weight", "blocks.{}.attention{}.*.weight"},
      {"blocks.{}.mlp.fc{}.*", "blocks.{}.mlp.{}.*"},
      {"blocks.{}.moe.gate.weight", "blocks.{}.gate"},
      {"blocks.{}.moe.experts.{}.net.0.proj.*", "blocks.{}.experts.{}.in.*"},
      {"blocks.{}.moe.experts.{}.net.2.*", "blocks.{}.experts.{}.out.*"},
      {"blocks.{}.moe.shared_experts.net.0.proj.*", "blocks.{}.shared.in.*"},
      {"blocks.{}.moe.shared_experts.net.2.*", "blocks.{}.shared.out.*"},
      {"blocks.{}.skip_linear.*", "blocks.{}.skip.*"},
      {"blocks.{}.skip_norm.*", "blocks.{}.skipNorm.*"},
      {"final_layer.norm_final.*", "lastNorm.*"},
      {"final_layer.linear.*", "last.*"},
  };
  return map;
}

}  // namespace

class TstNames : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void everyOfficialFileIsConsumed_data() {
    QTest::addColumn<QString>("manifest");
    QTest::addColumn<int>("which");
    QTest::addColumn<QString>("family");
    const auto add = [](const char* manifest, const char* family) {
      const auto all = readManifests(manifestNamed(manifest));
      for (std::size_t i = 0; i < all.size(); ++i)
        QTest::newRow(all[i].name.c_str()) << manifest << static_cast<int>(i) << family;
    };
    add("checkpoints", "");
    add("dit-v2-0", "Hunyuan3D 2.0 denoiser");
    add("dit-v2-1", "Hunyuan3D 2.1 denoiser");
    add("conditioner-dinov2-giant", "Hunyuan3D image encoder");
    add("vae-v2-0-turbo", "Hunyuan3D shape autoencoder");
    add("xpart-model", "X-Part denoiser");
    add("xpart-conditioner", "X-Part conditioner");
    add("xpart-shapevae", "Hunyuan3D shape autoencoder");
    add("p3sam", "");
  }
  void everyOfficialFileIsConsumed() {
    QFETCH(QString, manifest);
    QFETCH(int, which);
    QFETCH(QString, family);
    const auto all = readManifests(manifestNamed(manifest.toStdString()));
    const Manifest& wanted = all[static_cast<std::size_t>(which)];
    const QTemporaryDir folder;
    const std::filesystem::path plain = folder.filePath("m.safetensors").toStdString(),
                                torch = folder.filePath("m.ckpt").toStdString();
    writeSafetensors(plain, wanted.tensors, Fill::Holes);
    writeCheckpoint(torch, wanted.tensors, Fill::Holes);
    for (const auto& path : {plain, torch}) {
      const WeightFile file = openWeights(path);
      const NameReport report = compareNames(file, wanted.tensors);
      QVERIFY2(report.complete(), report.summary().c_str());
      QCOMPARE(report.consumed, wanted.tensors.size());
      QCOMPARE(report.otherType, std::size_t{0});
      requireComplete(report, file);
      const ManifestReport best = compareWithBest(file, all);
      QVERIFY(std::ranges::count(best.names, wanted.name) == 1);
      const auto families = familiesOf(file);
      QVERIFY(!families.empty());
      for (const Family& one : families) QVERIFY(one.details != "incomplete");
      if (!family.isEmpty()) QCOMPARE(families.front().name, family.toStdString());
    }
    // The published sizes, to the byte; only the 2.1 checkpoint has no safetensors twin.
    if (wanted.fileBytes && !wanted.name.ends_with("hunyuan3d-dit-v2-1"))
      QCOMPARE(std::filesystem::file_size(plain), *wanted.fileBytes);
  }

  void whatDoesNotFitIsNamedInFull() {
    const std::vector<NamedShape> wanted = p3sam();
    QCOMPARE(wanted.size(), std::size_t{513});
    auto tensors = wanted;
    named(tensors, "mlp.0.weight").shape = {1232, 512};
    named(tensors, "mlp.2.bias").name = "mlp.3.bias";
    for (int i = 0; i < 300; ++i)
      tensors.push_back({"extra." + std::to_string(i), {1}, Dtype::F32});
    const WeightFile file = fileOf(tensors);
    const NameReport report = compareNames(file, wanted);
    QCOMPARE(report.consumed, std::size_t{511});
    QCOMPARE(report.missing, std::vector<std::string>{"mlp.2.bias"});
    QCOMPARE(report.unexpected.size(), std::size_t{301});
    QCOMPARE(report.misshapen,
             std::vector<std::string>{"mlp.0.weight: [1232, 512] instead of [512, 1232]"});
    QCOMPARE(report.summary(), std::string("consumed 511, missing 1, unexpected 301, misshapen 1"));
    try {
      requireComplete(report, file);
      QFAIL("an incomplete file was taken");
    } catch (const FileError& error) {
      QVERIFY(std::string(error.what()).find("“mlp.2.bias”") != std::string::npos);
      QVERIFY(error.detail().find("extra.299") != std::string::npos);
    }
  }

  void editedSegmentationFilesAreJudgedAsSpecified_data() {
    QTest::addColumn<QString>("verdict");
    QTest::newRow("order") << "complete";
    QTest::newRow("prefix") << "complete";
    QTest::newRow("dtype") << "complete";
    QTest::newRow("unknown") << "complete";  // with a warning
    for (const char* name :
         {"missing", "missing_mask_token", "shape", "transposed", "conv_layout", "sonata_only"})
      QTest::newRow(name) << "refused";
  }
  void editedSegmentationFilesAreJudgedAsSpecified() {
    QFETCH(QString, verdict);
    const std::vector<NamedShape> wanted = p3sam();
    auto tensors = wanted;
    const std::string edit = QTest::currentDataTag();
    if (edit == "order") std::ranges::reverse(tensors);
    if (edit == "prefix")
      for (NamedShape& tensor : tensors) tensor.name = "dit." + tensor.name;
    if (edit == "dtype")
      for (NamedShape& tensor : tensors) tensor.dtype = Dtype::F16;
    if (edit == "missing")
      std::erase_if(tensors, [](const NamedShape& tensor) {
        return tensor.name == "sonata.enc.enc3.block11.attn.proj.bias";
      });
    if (edit == "missing_mask_token")
      std::erase_if(tensors, [](const NamedShape& tensor) {
        return tensor.name == "sonata.embedding.mask_token";
      });
    if (edit == "shape") named(tensors, "seg_s2_mlp_2.0.weight").shape = {256, 776};
    if (edit == "transposed") named(tensors, "mlp.0.weight").shape = {1232, 512};
    if (edit == "conv_layout")
      named(tensors, "sonata.enc.enc1.block0.cpe.0.weight").shape = {3, 3, 3, 96, 96};
    if (edit == "unknown") tensors.push_back({"sonata.dec.dec0.up.proj.weight", {1}, Dtype::F32});
    if (edit == "sonata_only")
      std::erase_if(tensors,
                    [](const NamedShape& tensor) { return !tensor.name.starts_with("sonata."); });
    const WeightFile file = fileOf(tensors);
    const NameMap same{{"*", "*"},
                       {"*.*", "*.*"},
                       {"*.*.*", "*.*.*"},
                       {"*.*.*.*", "*.*.*.*"},
                       {"*.*.*.*.*", "*.*.*.*.*"},
                       {"*.*.*.*.*.*", "*.*.*.*.*.*"},
                       {"*.*.*.*.*.*.*", "*.*.*.*.*.*.*"},
                       {"*.*.*.*.*.*.*.*", "*.*.*.*.*.*.*.*"}};
    const NameReport report = mapNames(file, wrapperOf(file), same, wanted).report;
    const bool taken =
        failureOf([&] { requireComplete(report, file, Unexpected::Warned); }).empty();
    QCOMPARE(taken ? "complete" : "refused", verdict);
    if (taken) QCOMPARE(report.consumed, std::size_t{513});
    QCOMPARE(report.complete(), taken && edit != "unknown");
    QCOMPARE(report.otherType, std::size_t{edit == "dtype" ? 513u : 0u});
  }

  void aMapRenamesEveryTensorOfItsNetwork() {
    const auto official = tensorsOf("dit-v2-1");
    std::vector<NamedShape> inFile, wanted;
    for (const NamedShape& tensor : official) {
      const auto ours = denoiser21().ours(tensor.name);
      QVERIFY2(ours && !ours->empty(), tensor.name.c_str());
      inFile.push_back({"model." + tensor.name, tensor.shape, tensor.dtype});
      wanted.push_back({*ours, tensor.shape});
    }
    inFile.push_back({"vae.post_kl.weight", {2}, Dtype::F16});  // another part: not looked at
    const WeightFile file = fileOf(inFile);
    const MappedWeights mapped = mapNames(file, "model.", denoiser21(), wanted);
    QVERIFY2(mapped.report.complete(), mapped.report.summary().c_str());
    QCOMPARE(mapped.report.consumed, std::size_t{752});
    QCOMPARE(mapped.tensors.size(), std::size_t{752});  // no two of one name
    QCOMPARE(mapped.tensors.at("blocks.20.experts.7.out.weight").name,
             std::string("model.blocks.20.moe.experts.7.net.2.weight"));
  }

  void mapsReportWhatIsLeftOver() {
    const NameMap map{{"used.{}", "layer{}"}, {"known.*", ""}, {"twin", "layer0"}};
    const WeightFile file = fileOf({{"used.0", {2}, Dtype::F16},
                                    {"used.1", {3}, Dtype::F16},
                                    {"known.mask", {1}, Dtype::F16},
                                    {"odd", {1}, Dtype::F16},
                                    {"used.01", {2}, Dtype::F16},
                                    {"twin", {2}, Dtype::F16}});
    const std::vector<NamedShape> wanted{{"layer0", {2}}, {"layer1", {2}}, {"layer2", {2}}};
    const NameReport report = mapNames(file, "", map, wanted).report;
    QCOMPARE(report.consumed, std::size_t{1});
    QCOMPARE(report.unused, std::size_t{1});
    QCOMPARE(report.missing, std::vector<std::string>{"layer2"});
    QCOMPARE(report.misshapen, std::vector<std::string>{"used.1: [3] instead of [2]"});
    QCOMPARE(report.unexpected.size(), std::size_t{3});  // odd, used.01, and one of the twins
  }

  void patternsTakeWholeNumbersAndWords() {
    const NameMap map{{"a.{}.*", "b.{}.*"}, {"c", "d"}};
    QCOMPARE(map.ours("a.12.weight").value_or("?"), std::string("b.12.weight"));
    QCOMPARE(map.ours("a.0.x").value_or("?"), std::string("b.0.x"));
    QCOMPARE(map.ours("c").value_or("?"), std::string("d"));
    for (const char* other :
         {"a.01.x", "a..x", "a.1.", "a.1.x.y", "a.1", "a.-1.x", "a.1234567890.x", "cc", ""})
      QVERIFY2(!map.ours(other), other);
  }

  void configurationIsReadOffTheShapes() {
    std::vector<NamedShape> tensors;
    for (const NamedShape& tensor : tensorsOf("dit-v2-0-guided"))
      tensors.push_back({"model." + tensor.name, tensor.shape, tensor.dtype});
    const WeightFile file = fileOf(tensors);
    QCOMPARE(layerCount(file, "model.double_blocks.{}.img_attn.qkv.weight"), std::size_t{16});
    QCOMPARE(layerCount(file, "model.single_blocks.{}.linear1.weight"), std::size_t{32});
    QCOMPARE(layerCount(file, "model.nothing.{}.weight"), std::size_t{0});
    QCOMPARE(dimensionOf(file, "model.cond_in.weight", 1), 1536);
    QCOMPARE(familiesOf(file).front().details,
             std::string("16 double and 32 single blocks, width 1024, guidance-distilled"));
    QVERIFY(!failureOf([&] { dimensionOf(file, "model.cond_in.bias", 1); }).empty());
    QVERIFY(!failureOf([&] { dimensionOf(file, "cond_in.bias", 0); }).empty());
    std::erase_if(tensors, [](const NamedShape& tensor) {
      return tensor.name.find("single_blocks.7.") != std::string::npos;
    });
    QVERIFY(!failureOf([&] {
               layerCount(fileOf(tensors), "model.single_blocks.{}.linear1.weight");
             }).empty());
  }

  void wrappersAreFoundHoweverManyThereAre() {
    const auto wrapper = [](const std::string& prefix) {
      return wrapperOf(fileOf({{prefix + "a", {1}, Dtype::F16}, {prefix + "b", {1}, Dtype::F16}}));
    };
    QCOMPARE(wrapper(""), std::string());
    QCOMPARE(wrapper("state_dict.module.dit."), std::string("state_dict.module.dit."));
    QCOMPARE(wrapperOf(fileOf({{"dit.a", {1}, Dtype::F16}, {"b", {1}, Dtype::F16}})),
             std::string());
  }

  void whatIsNoManifestIsRefused() {
    QVERIFY(!failureOf([] { readManifests(weightData("28-checkpoint-handmade.ckpt")); }).empty());
    const QTemporaryDir folder;
    const auto refused = [&](const QByteArray& content) {
      const QString path = folder.filePath("m.json");
      QFile file(path);
      if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size()) return false;
      file.close();
      return !failureOf([&] { readManifests(path.toStdString()); }).empty();
    };
    QVERIFY(refused("{}"));
    QVERIFY(refused(R"({"tensors":{"a":{"dtype":"F16"}}})"));
    QVERIFY(refused(R"({"checkpoints":[{"repo":"r","parts":{"":"../elsewhere"}}]})"));
    QVERIFY(refused(R"({"checkpoints":[{"repo":"r","parts":{"":"missing"}}]})"));
  }
};

QTEST_GUILESS_MAIN(TstNames)
#include "tst_names.moc"
