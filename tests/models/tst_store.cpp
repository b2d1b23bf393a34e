#include <unistd.h>

#include <QtTest>
#include <cstdlib>

#include "core/base/error.h"
#include "models/digest.h"
#include "models/import.h"
#include "models/licences.h"
#include "models/store.h"
#include "support/scratch.h"
#include "support/weight_files.h"
#include "support/write_faults.h"

using namespace maquette;
using namespace maquette::test;
namespace fs = std::filesystem;
using Kind = FileState::Kind;
using Origin = FileState::Origin;

namespace {

std::string sha256Of(const std::string& content) {
  Digest digest;
  digest.add(content.data(), content.size());
  return digest.hex();
}

void place(const fs::path& file, const std::string& content) {
  fs::create_directories(file.parent_path());
  put(file, content);
}

/// Two models of plain bytes, and one weight file whose checksum nobody knows.
struct World {
  Scratch scratch;
  const std::string alpha = std::string(5000, 'a'), beta = std::string(5000, 'b');
  std::string weights;
  Catalogue catalogue;
  ModelPlaces places;

  World() {
    const std::vector<NamedShape> tensors{{"w.weight", {4, 8}, Dtype::F16},
                                          {"w.bias", {4}, Dtype::F16}};
    writeSafetensors(scratch / "made", tensors, Fill::Halves);
    weights = contentOf(scratch / "made");
    fs::remove(scratch / "made");
    const auto file = [](const std::string& path, const std::string& content) {
      return ModelFile{"org/two",
                       path,
                       "https://h/" + path,
                       content.size(),
                       content.size(),
                       sha256Of(content),
                       {},
                       0,
                       {}};
    };
    catalogue.licences = {{"l", "The Licence", "https://l", "Be good.", {"Utopia"}, true}};
    ModelFile unknown{"org/three",
                      "n/net.safetensors",
                      "https://h/n",
                      weights.size(),
                      weights.size(),
                      {},
                      {},
                      2,
                      namesDigest({{"w.weight", {4, 8}}, {"w.bias", {4}}})};
    catalogue.groups = {{"two",
                         "shape",
                         "Two",
                         "P.",
                         {"l"},
                         {},
                         {},
                         false,
                         {file("a/model.bin", alpha), file("b/model.bin", beta)}},
                        {"three", "parts", "Three", "P.", {}, {}, {}, false, {unknown}}};
    places = {scratch / "store", scratch / "licences.json", {scratch / "hub"}, {scratch / "tree"}};
  }
  ModelStore store() const { return {catalogue, places}; }
  const ModelFile& a() const { return catalogue.groups[0].files[0]; }
  const ModelFile& b() const { return catalogue.groups[0].files[1]; }
  const ModelFile& net() const { return catalogue.groups[1].files[0]; }
};

}  // namespace

/// Where weight files are found, and what happens to them.
class TstStore : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void whatIsMissingIsSaidWithTheWayToIt() {
    const World world;
    const Found found = world.store().find("three");
    QVERIFY(!found);
    const QString why = QString::fromStdString(found.unavailable);
    QVERIFY2(why.contains("Three needs its weights") && why.contains("models download three"),
             qPrintable(why));
    QVERIFY(!world.store().find("four"));
    QVERIFY(!world.store().find("two", "c/model.bin"));
    QVERIFY(!world.store().complete(world.catalogue.groups[0]));
    QCOMPARE(world.scratch.files(), std::size_t{0});  // looking leaves nothing behind
  }

  void filesAreFoundWhereverTheyAre() {
    const World world;
    const ModelStore store = world.store();
    place(store.target(world.a()), world.alpha);
    place(world.scratch / "tree" / "org/two/b/model.bin", world.beta);
    const fs::path hub = world.scratch / "hub" / "models--org--three";
    place(hub / "blobs" / "0123", world.weights);
    place(hub / "refs" / "main", "new\n");
    place(hub / "snapshots" / "old" / "n/net.safetensors", "x");
    fs::create_directories(hub / "snapshots" / "new" / "n");
    fs::create_symlink("../../../blobs/0123", hub / "snapshots" / "new" / "n/net.safetensors");

    QCOMPARE(store.find("two").path, store.target(world.a()));
    QCOMPARE(store.find("two", "b/model.bin").path, world.scratch / "tree" / "org/two/b/model.bin");
    QCOMPARE(store.find("three").path, hub / "snapshots" / "new" / "n/net.safetensors");
    QVERIFY(store.complete(world.catalogue.groups[0]));
    QCOMPARE(store.state(world.a()).origin, Origin::store);
    QCOMPARE(store.state(world.net()).origin, Origin::elsewhere);
    fs::remove(hub / "refs" / "main");  // then whichever revision fits is not known by its name
    QVERIFY(store.find("three") || store.state(world.net()).kind == Kind::misfit);
  }

  void aFileOfAnotherSizeIsNoFile() {
    const World world;
    const ModelStore store = world.store();
    place(store.target(world.a()), "short");
    QCOMPARE(store.state(world.a()).kind, Kind::misfit);
    QVERIFY(
        QString::fromStdString(store.find("two").unavailable).contains("5 bytes instead of 5000"));
    place(world.scratch / "tree" / "org/two/a/model.bin", world.alpha);
    QCOMPARE(store.find("two").path, world.scratch / "tree" / "org/two/a/model.bin");
    place(partOf(store.target(world.b())), "half");
    QCOMPARE(store.state(world.b()).kind, Kind::partial);
    QCOMPARE(store.state(world.b()).bytes, std::uint64_t{4});
  }

  void verifyingReadsEverythingAndIsRemembered() {
    const World world;
    const ModelStore store = world.store();
    place(store.target(world.a()), world.alpha);
    place(store.target(world.net()), world.weights);
    QVERIFY(store.state(world.a()).verifiedOn.empty());
    QCOMPARE(store.verify(world.a(), {}).checked,
             (std::vector<std::string>{"its size", "its SHA-256"}));
    QCOMPARE(store.state(world.a()).verifiedOn.size(), std::size_t{10});
    QCOMPARE(store.verify(world.net(), {}).checked,
             (std::vector<std::string>{"its size", "names and shapes of 2 tensors"}));

    std::string changed = world.alpha;
    changed[2500] = 'x';
    place(store.target(world.a()), changed);
    QVERIFY(messageOf<FileError>([&] {
              store.verify(world.a(), {});
            }).contains("its SHA-256 is another"));
    // Nobody publishes a checksum of this one, but it was another yesterday.
    changed = world.weights;
    changed.back() = char(changed.back() + 1);
    place(store.target(world.net()), changed);
    QVERIFY(
        messageOf<FileError>([&] { store.verify(world.net(), {}); }).contains("has changed since"));
    changed = world.weights;
    changed[changed.find("w.bias")] = 'v';
    place(store.target(world.net()), changed);
    QVERIFY(messageOf<FileError>([&] {
              store.verify(world.net(), {});
            }).contains("other names or shapes"));
    std::stop_source stop;
    stop.request_stop();
    place(store.target(world.a()), world.alpha);
    QVERIFY_EXCEPTION_THROWN(store.verify(world.a(), Context(stop.get_token(), {})), Cancelled);
  }

  void importingAFolderLinksWhatIsThere() {
    for (const char* layout : {"org/two", "two", "", "models--org--two/snapshots/r",
                               "hub/models--org--two/snapshots/r"}) {
      const World world;
      const ModelStore store = world.store();
      const fs::path there = world.scratch / "there";
      place(there / layout / "a/model.bin", world.alpha);
      place(there / layout / "b/model.bin", world.beta);
      const auto imported = importModels(store, there, {}, {});
      QCOMPARE(imported.size(), std::size_t{2});
      QVERIFY(fs::is_symlink(store.target(world.a())));
      QCOMPARE(store.state(world.b()).origin, Origin::link);
      QVERIFY(contentOf(store.find("two", "b/model.bin").path) == world.beta);
      QVERIFY(!store.state(world.b()).verifiedOn.empty());
      QCOMPARE(importModels(store, there, {}, {})[0].how, Imported::How::alreadyThere);
      // Gone from where it was: said, and taken again from elsewhere.
      fs::remove_all(there);
      QVERIFY(store.find("two").unavailable.find("no longer") != std::string::npos);
      place(world.scratch / "again" / "two/a/model.bin", world.alpha);
      QCOMPARE(importModels(store, world.scratch / "again", {}, {}).size(), std::size_t{1});
      QVERIFY(store.find("two"));
    }
  }

  void aRepositorysOwnCacheFolderCanBeImported() {
    const World world;
    const fs::path folder = world.scratch / "models--org--two";
    place(folder / "snapshots/r/a/model.bin", world.alpha);
    QCOMPARE(importModels(world.store(), folder, {}, {}).size(), std::size_t{1});
    QCOMPARE(importModels(world.store(), folder.string() + "/", {}, {}).size(), std::size_t{1});
  }

  /// The name says nothing: "model.bin" is in every repository.
  void aSingleFileIsKnownByWhatIsInIt() {
    const World world;
    const ModelStore store = world.store();
    put(world.scratch / "download(1).bin", world.beta);
    const auto imported = importModels(store, world.scratch / "download(1).bin", {}, {});
    QCOMPARE(imported[0].file, std::string("org/two/b/model.bin"));
    QVERIFY(store.find("two", "b/model.bin"));
    QVERIFY(!store.find("two"));
    put(world.scratch / "any.name", world.weights);
    QCOMPARE(importModels(store, world.scratch / "any.name", {}, {})[0].id, std::string("three"));

    put(world.scratch / "other.bin", std::string(5000, 'c'));
    const QString message =
        messageOf<InvalidInput>([&] { importModels(store, world.scratch / "other.bin", {}, {}); });
    QVERIFY2(message.contains("“other.bin” is not one of"), qPrintable(message));
    QVERIFY_EXCEPTION_THROWN(importModels(store, world.scratch / "absent", {}, {}), FileError);
    QVERIFY_EXCEPTION_THROWN(importModels(store, world.scratch / "any.name", {"two", false}, {}),
                             InvalidInput);
    QVERIFY_EXCEPTION_THROWN(importModels(store, world.scratch / "any.name", {"four", false}, {}),
                             InvalidInput);
    fs::create_directories(world.scratch / "empty");
    QVERIFY_EXCEPTION_THROWN(importModels(store, world.scratch / "empty", {}, {}), InvalidInput);
  }

  void copyingMakesItOurs() {
    const World world;
    const ModelStore store = world.store();
    put(world.scratch / "a.bin", world.alpha);
    importModels(store, world.scratch / "a.bin", {}, {});
    QCOMPARE(importModels(store, world.scratch / "a.bin", {{}, true}, {})[0].how,
             Imported::How::copied);
    fs::remove(world.scratch / "a.bin");
    QCOMPARE(store.state(world.a()).origin, Origin::store);
    QVERIFY(contentOf(store.find("two").path) == world.alpha);
    // What is damaged is not taken over.
    put(world.scratch / "dir-b", "");
    place(world.scratch / "damaged" / "two/b/model.bin", std::string(5000, 'x'));
    QVERIFY_EXCEPTION_THROWN(importModels(store, world.scratch / "damaged", {}, {}), FileError);
    QVERIFY(!fs::exists(store.target(world.b())));
  }

  void removingFreesWhatIsOursAndNothingElse() {
    const World world;
    const ModelStore store = world.store();
    const fs::path theirs = world.scratch / "theirs.bin";
    put(theirs, world.alpha);
    importModels(store, theirs, {}, {});
    place(partOf(store.target(world.b())), "half of it");
    place(world.scratch / "tree" / "org/two/b/model.bin", world.beta);
    QCOMPARE(store.removableBytes(world.catalogue.groups[0]), std::uint64_t{10});
    const auto removal = store.remove(world.catalogue.groups[0]);
    QCOMPARE(removal.freedBytes, std::uint64_t{10});
    QCOMPARE(removal.files, std::size_t{2});
    QCOMPARE(removal.kept.size(), std::size_t{1});
    QVERIFY(contentOf(theirs) == world.alpha);
    QVERIFY(contentOf(world.scratch / "tree" / "org/two/b/model.bin") == world.beta);
    QVERIFY(!fs::exists(world.scratch / "store" / "org"));  // no empty folders stay
    place(store.target(world.net()), world.weights);
    QCOMPARE(store.remove(world.catalogue.groups[1]).freedBytes, world.weights.size());
    QVERIFY(!store.find("three"));
    QCOMPARE(store.remove(world.catalogue.groups[1]).files, std::size_t{0});
  }

  void licencesAreAgreedToOnce() {
    const World world;
    const LicenceRecord record(world.scratch / "data" / "licences.json");
    const ModelGroup& two = world.catalogue.groups[0];
    const QString message =
        messageOf<Unsupported>([&] { record.requireAccepted(world.catalogue, two); });
    QVERIFY2(message.contains("The Licence (not in Utopia; not for commercial use)"),
             qPrintable(message));
    record.accept(world.catalogue.licence("l"));
    record.requireAccepted(world.catalogue, two);
    QVERIFY(QRegularExpression("^20\\d\\d-\\d\\d-\\d\\d$")
                .match(QString::fromStdString(
                    LicenceRecord(world.scratch / "data" / "licences.json").acceptedOn("l")))
                .hasMatch());
    put(world.scratch / "data" / "licences.json", "{ damaged");
    QCOMPARE(record.acceptedOn("l"), std::string());
  }

  void whatWasAgreedToOutlivesEveryFault() {
    const World world;
    const Scratch scratch;
    const fs::path file = scratch / "licences.json";
    everyCallMayFail(scratch, file,
                     [&] { LicenceRecord(file).accept(world.catalogue.licence("l")); });
  }

  void aFullDiskIsKnownBeforehand() {
    const World world;
    requireFreeBytes(world.scratch / "not/there/yet", 1000);
    const QString message = messageOf<FileError>(
        [&] { requireFreeBytes(world.scratch / "x", std::uint64_t{1} << 60); });
    QVERIFY2(message.contains("not enough room") && message.contains("are free"),
             qPrintable(message));
  }

  void placesFollowTheEnvironment() {
    for (const char* name : {"MAQUETTE_MODELS", "XDG_DATA_HOME", "XDG_CACHE_HOME", "HF_HOME",
                             "HF_HUB_CACHE", "HY3DGEN_MODELS"})
      qunsetenv(name);
    qputenv("HOME", "/home/u");
    QCOMPARE(modelPlaces().store, fs::path("/home/u/.local/share/maquette/models"));
    QCOMPARE(modelPlaces().licences, fs::path("/home/u/.local/share/maquette/licences.json"));
    QCOMPARE(modelPlaces().hubs, std::vector<fs::path>{"/home/u/.cache/huggingface/hub"});
    QCOMPARE(modelPlaces().trees.front(), fs::path("/home/u/.cache/hy3dgen"));
    qputenv("XDG_DATA_HOME", "/data");
    qputenv("XDG_CACHE_HOME", "relative/is/ignored");
    QCOMPARE(modelPlaces().store, fs::path("/data/maquette/models"));
    QCOMPARE(modelPlaces().hubs, std::vector<fs::path>{"/home/u/.cache/huggingface/hub"});
    qputenv("HF_HOME", "/hf");
    QCOMPARE(modelPlaces().hubs, std::vector<fs::path>{"/hf/hub"});
    qputenv("HF_HUB_CACHE", "/cache");
    QCOMPARE(modelPlaces().hubs, std::vector<fs::path>{"/cache"});
    qputenv("MAQUETTE_MODELS", "/big/disk/");
    QCOMPARE(modelPlaces().store, fs::path("/big/disk"));
    QCOMPARE(modelPlaces("/chosen/../mine").store, fs::path("/mine"));
    QCOMPARE(modelPlaces().licences, fs::path("/data/maquette/licences.json"));
  }
};

QTEST_GUILESS_MAIN(TstStore)
#include "tst_store.moc"
