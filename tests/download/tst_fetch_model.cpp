#include <QtTest>
#include <thread>

#include "core/base/error.h"
#include "download/fetch_model.h"
#include "download/model_world.h"
#include "models/licences.h"

using namespace maquette;
using namespace maquette::test;

namespace {

struct Fetching : ModelWorld {
  ModelStore store{readCatalogue(contentOf(scratch / "models.json")),
                   {scratch / "store", scratch / "licences.json", {}, {}}};
  FetchOptions options{host.base().toStdString(),
                       {3, std::chrono::milliseconds(300), std::chrono::milliseconds(10),
                        std::chrono::milliseconds(40)}};

  const ModelGroup& group(const char* id) const { return store.catalogue().at(id); }
  void agree() const {
    for (const Licence& licence : store.catalogue().licences)
      LicenceRecord(store.places().licences).accept(licence);
  }
  void fetch(const char* id, const Context& ctx = {}, FetchFigures* figures = nullptr) const {
    fetchModel(store, group(id), options, ctx, figures);
  }
};

}  // namespace

/// From a list of models to files that a network can open.
class TstFetchModel : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyFileOfAModelArrivesChecked() {
    Fetching world;
    world.agree();
    FetchFigures figures;
    const auto progress = std::make_shared<Progress>();
    world.fetch("pair", Context({}, progress), &figures);
    QVERIFY(contentOf(world.store.find("pair").path) == world.first.toStdString());
    QVERIFY(contentOf(world.store.find("pair", "two/second.bin").path) ==
            world.second.toStdString());
    for (const ModelFile& file : world.group("pair").files)
      QVERIFY(!world.store.state(file).verifiedOn.empty());
    QCOMPARE(progress->snapshot().fraction, 1.f);
    QCOMPARE(figures.snapshot().total, std::uint64_t{290'000});
    const auto asked = world.host.requests().size();
    world.fetch("pair");  // all there: nobody is asked
    QCOMPARE(world.host.requests().size(), asked);
  }

  void aLicenceComesFirst() {
    const Fetching world;
    const QString message = messageOf<Unsupported>([&] { world.fetch("pair"); });
    QVERIFY2(message.contains("Limited Licence 1.0 (not in Utopia; not for commercial use)"),
             qPrintable(message));
    QCOMPARE(world.host.requests().size(), 0);
    QVERIFY(!std::filesystem::exists(world.scratch / "store"));
  }

  void theDiskIsLookedAtFirst() {
    const Fetching world;
    world.agree();
    const QString message = messageOf<FileError>([&] { world.fetch("vast"); });
    QVERIFY2(message.contains("not enough room"), qPrintable(message));
    QCOMPARE(world.host.requests().size(), 0);
  }

  /// Without a published checksum the size and the tensors' names decide.
  void aFileWithOtherTensorsIsRefused() {
    Fetching world;
    world.agree();
    QByteArray other = world.net;
    other[other.indexOf("a.bias") + 2] = 'v';
    world.host.handleWith([&](const HttpRequest& request) { return fileAnswer(request, other); });
    const QString message = messageOf<FileError>([&] { world.fetch("net"); });
    QVERIFY2(message.contains("other names or shapes"), qPrintable(message));
    QVERIFY(!world.store.find("net"));
    QCOMPARE(world.store.state(world.group("net").files[0]).kind, FileState::Kind::absent);
    world.host.handleWith([&](const HttpRequest& request) { return world.answer(request); });
    world.fetch("net");
    QVERIFY(world.store.find("net"));
  }

  void aPauseBetweenTwoFilesKeepsTheFirst() {
    Fetching world;
    world.agree();
    world.host.handleWith([&](const HttpRequest& request) {
      HttpAnswer answer = world.answer(request);
      if (request.target.endsWith("second.bin")) answer.stallAfter = 20'000;
      return answer;
    });
    (void)messageOf<FileError>([&] { world.fetch("pair"); });
    QVERIFY(world.store.find("pair"));
    const FileState part = world.store.state(world.group("pair").files[1]);
    QCOMPARE(part.kind, FileState::Kind::partial);
    QVERIFY(part.bytes >= 20'000);
    world.host.handleWith([&](const HttpRequest& request) { return world.answer(request); });
    world.fetch("pair");
    QVERIFY(world.store.complete(world.group("pair")));
    QCOMPARE(world.host.requests().last().rangeFrom(), qint64(part.bytes));
  }

  /// What an earlier session brought does not make this one look quick.
  void theTimeLeftIsThatOfWhatStillHasToCome() {
    Fetching world;
    world.agree();
    world.host.handleWith([&](const HttpRequest& request) {
      HttpAnswer answer = world.answer(request);
      answer.breakAfter = 150'000;
      return answer;
    });
    world.options.patience.tries = 1;
    (void)messageOf<FileError>([&] { world.fetch("pair"); });
    world.host.handleWith([&](const HttpRequest& request) {
      HttpAnswer answer = world.answer(request);
      answer.pauseMs = 60;
      return answer;
    });
    FetchFigures figures;
    const auto progress = std::make_shared<Progress>();
    progress->start();
    std::optional<FetchFigures::Snapshot> seen;
    std::optional<double> said;
    std::atomic<bool> ended = false;
    std::jthread watcher([&] {
      while (!ended && !seen) {
        const auto now = figures.snapshot();
        if (now.secondsLeft && now.bytesPerSecond > 0. && now.done > 165'000) {
          said = progress->snapshot().secondsLeft;
          seen = now;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    });
    world.fetch("pair", Context({}, progress), &figures);
    ended = true;
    watcher.join();
    QVERIFY(seen && said);
    const double left = double(seen->total - seen->done) / seen->bytesPerSecond;
    QVERIFY(std::abs(*seen->secondsLeft - left) < 1e-6);
    // The rest takes 16 KiB every 60 ms; the fraction alone would promise a third of that or less.
    QVERIFY2(*said > 0.15, qPrintable(QString::number(*said)));
  }
};

QTEST_GUILESS_MAIN(TstFetchModel)
#include "tst_fetch_model.moc"
