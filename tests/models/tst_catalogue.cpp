#include <QCryptographicHash>
#include <QtTest>
#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "models/catalogue.h"
#include "models/digest.h"
#include "models/licences.h"
#include "models/verification.h"
#include "neural/weights/manifest.h"
#include "support/scratch.h"

using namespace maquette;
using namespace maquette::test;

namespace {

const std::filesystem::path kManifests = MAQUETTE_TEST_DATA "/weights/manifests";

std::string digestOf(const Manifest& manifest) {
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> tensors;
  for (const NamedShape& tensor : manifest.tensors) tensors.emplace_back(tensor.name, tensor.shape);
  return namesDigest(std::move(tensors));
}

/// The manifest of a published file: by its name among several, or a file of its own.
Manifest manifestOf(const ModelFile& file) {
  const std::string folder =
      file.repository + "/" + std::filesystem::path(file.path).parent_path().string();
  for (Manifest& manifest : readManifests(kManifests / "manifest-checkpoints.json"))
    if (manifest.name == folder) return manifest;
  for (const auto& [path, name] : {std::pair{"p3sam/p3sam.safetensors", "p3sam"},
                                   {"model/model.safetensors", "xpart-model"},
                                   {"conditioner/conditioner.safetensors", "xpart-conditioner"},
                                   {"shapevae/shapevae.safetensors", "xpart-shapevae"}})
    if (file.path == path)
      return readManifests(kManifests / ("manifest-" + std::string(name) + ".json")).front();
  return {};
}

std::string withPath(const std::string& path) {
  QString json =
      "{'at':'https://h/{repository}/{revision}/{path}','revision':'main','licences':[],"
      "'models':[{'id':'m','job':'shape','title':'M','purpose':'P.','repository':'o/r',"
      "'licences':[],'files':[{'path':'@'}]}]}";
  return json.replace('\'', '"').replace("@", QString::fromStdString(path)).toStdString();
}

}  // namespace

/// What is said about the official files is what the manifests say.
class TstCatalogue : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theOfficialModelsAreThere() {
    const Catalogue& all = officialCatalogue();
    std::set<std::string> ids, keys;
    for (const ModelGroup& group : all.groups) {
      QVERIFY2(ids.insert(group.id).second, group.id.c_str());
      QVERIFY(!group.title.empty() && !group.purpose.empty() && !group.licences.empty());
      QVERIFY(titleOfJob(group.job) != "Other");
      QVERIFY(group.aboutBytes() > 0);
      for (const ModelFile& file : group.files) {
        QVERIFY2(keys.insert(file.key()).second, file.key().c_str());
        QVERIFY2(file.address.starts_with("https://"), file.address.c_str());
        QVERIFY2(file.address.ends_with(file.path), file.address.c_str());
        QVERIFY(file.address.find('{') == std::string::npos);
      }
    }
    for (const char* id :
         {"hunyuan3d-2.1", "hunyuan3d-2.0", "hunyuan3d-mini", "hunyuan3d-mini-turbo",
          "hunyuan3d-multi-view", "p3-sam", "x-part", "u2-net"})
      QVERIFY2(all.find(id), id);
    QCOMPARE(all.at("p3-sam").files.size(), std::size_t{1});
    QCOMPARE(all.at("p3-sam").files[0].bytes, std::uint64_t{450'968'044});
    QCOMPARE(all.at("hunyuan3d-2.1").files[0].address,
             std::string("https://huggingface.co/tencent/Hunyuan3D-2.1/resolve/main/"
                         "hunyuan3d-dit-v2-1/model.fp16.ckpt"));
    QVERIFY_EXCEPTION_THROWN(all.at("p3sam"), InvalidInput);
  }

  /// Every weight file whose tensors are known is checked by them.
  void namesAndSizesAreThoseOfTheManifests() {
    int compared = 0;
    for (const ModelGroup& group : officialCatalogue().groups)
      for (const ModelFile& file : group.files) {
        const Manifest manifest = manifestOf(file);
        if (manifest.tensors.empty()) {
          QVERIFY2(file.namesSha256.empty(), file.key().c_str());
          continue;
        }
        ++compared;
        QCOMPARE(file.tensors, manifest.tensors.size());
        QCOMPARE(file.namesSha256, digestOf(manifest));
        if (manifest.fileBytes) QCOMPARE(file.bytes, manifest.fileBytes);
        std::uint64_t numbers = 0;
        for (const NamedShape& tensor : manifest.tensors)
          numbers += elementCount(tensor.shape).value() * bytesOf(tensor.dtype.value());
        const double share = double(file.aboutBytes) / double(numbers);
        QVERIFY2(share > 0.9995 && share < 1.003, qPrintable(QString::number(share, 'g', 9)));
      }
    QCOMPARE(compared, 12);
  }

  /// Whoever downloads is told where the licence does not reach.
  void licencesNameTheirLimits() {
    for (const ModelGroup& group : officialCatalogue().groups) {
      const auto licences = officialCatalogue().licencesOf(group);
      const bool hunyuan = group.id != "u2-net";
      QCOMPARE(std::ranges::any_of(licences,
                                   [](const Licence* one) { return one->excluded.size() == 3; }),
               hunyuan);
      const bool sonata = group.id == "p3-sam" || group.id == "x-part";
      QCOMPARE(std::ranges::any_of(licences, &Licence::nonCommercial), sonata);
      for (const Licence* licence : licences) {
        QVERIFY(licence->address.starts_with("https://") && licence->summary.size() > 60);
        for (const std::string& place : licence->excluded)
          QVERIFY2(licence->summary.find(place) != std::string::npos, place.c_str());
      }
    }
    QCOMPARE(limitsOf(officialCatalogue().licence("tencent-hunyuan-3d-2.1")),
             std::string("not in the European Union, the United Kingdom or South Korea"));
  }

  void aMirrorTakesThePlaceOfTheHost() {
    const ModelFile& file = officialCatalogue().at("p3-sam").files[0];
    QCOMPARE(addressOf(file, ""), file.address);
    for (const char* mirror : {"http://mirror:8080/models", "http://mirror:8080/models//"})
      QCOMPARE(addressOf(file, mirror),
               std::string("http://mirror:8080/models/tencent/Hunyuan3D-Part/resolve/main/p3sam/"
                           "p3sam.safetensors"));
  }

  /// A list from elsewhere decides over files of the user's.
  void pathsThatLeadOutsideAreRefused() {
    QCOMPARE(readCatalogue(withPath("a/b.bin")).groups[0].files[0].key(),
             std::string("o/r/a/b.bin"));
    for (const char* path : {"../b.bin", "a/../../b.bin", "/etc/b.bin", ".hidden", "a/.ssh/b", "",
                             "a/", "a b", "a\\\\b", "a\\u0000b", "a\\nb"})
      QVERIFY2(messageOf<FileError>([&] { readCatalogue(withPath(path)); }).contains("models.json"),
               path);
    for (const char* text : {"", "{", "[]", "{}", "{\"models\":1}"})
      QVERIFY_EXCEPTION_THROWN(readCatalogue(text), FileError);
  }

  void checksumsAreTheUsualOnes() {
    const QByteArray text("The quick brown fox");
    for (const auto& [kind, same] : {std::pair{Digest::Kind::sha256, QCryptographicHash::Sha256},
                                     {Digest::Kind::md5, QCryptographicHash::Md5}}) {
      Digest digest(kind);
      digest.add(text.constData(), 4);
      digest.add(text.constData() + 4, std::size_t(text.size() - 4));
      QCOMPARE(QString::fromStdString(digest.hex()),
               QString(QCryptographicHash::hash(text, same).toHex()));
    }
  }

  void bytesAreSpoken() {
    for (const auto& [bytes, text] : {std::pair<std::uint64_t, const char*>{0, "0 bytes"},
                                      {612, "612 bytes"},
                                      {2420, "2 kB"},
                                      {450'968'044, "451 MB"},
                                      {7'366'389'768, "7.4 GB"},
                                      {23'000'000'000, "23 GB"}})
      QCOMPARE(spokenBytes(bytes), std::string(text));
  }
};

QTEST_GUILESS_MAIN(TstCatalogue)
#include "tst_catalogue.moc"
