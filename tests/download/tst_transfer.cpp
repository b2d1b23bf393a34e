#include <QtTest>

#include "core/base/error.h"
#include "download/http_words.h"
#include "download/transfer_job.h"
#include "models/store.h"

using namespace maquette;
using namespace maquette::test;

/// What a download leaves, whatever the server sends: the right file, or none.
class TstTransfer : public QObject {
  Q_OBJECT
  const QByteArray content_ = noise(300'000);

 private Q_SLOTS:
  void aFileArrivesWholeAndAlone() {
    const Scratch scratch;
    ModelHost host([&](const HttpRequest& request) { return fileAnswer(request, content_); });
    std::uint64_t seen = 0;
    transfer(job(host, scratch, content_), hasty(), {}, [&](const TransferFigures& now) {
      QVERIFY(now.done >= seen && now.done <= 300'000);
      seen = now.done;
    });
    QVERIFY(contentOf(scratch / "model.bin") == bytes(content_));
    QCOMPARE(scratch.files(), std::size_t{1});
    QCOMPARE(host.requests().size(), 1);
    QVERIFY(!host.requests()[0].headers.contains("range"));
    QCOMPARE(host.requests()[0].headers["accept-encoding"], QByteArray("identity"));
  }

  /// A connection that breaks again and again costs nothing twice.
  void aBrokenConnectionIsContinuedWhereItBroke() {
    const Scratch scratch;
    ModelHost host([&](const HttpRequest& request) {
      HttpAnswer answer = fileAnswer(request, content_);
      answer.breakAfter = 70'000;
      return answer;
    });
    run(job(host, scratch, content_));
    QVERIFY(contentOf(scratch / "model.bin") == bytes(content_));
    QCOMPARE(scratch.files(), std::size_t{1});
    // Qt repeats a request by itself when the connection ends before it has looked at the answer.
    qint64 reached = 0;
    for (const HttpRequest& request : host.requests()) {
      if (request.rangeFrom() < 0) continue;
      QVERIFY(request.rangeFrom() % 70'000 == 0 && request.rangeFrom() >= reached);
      QCOMPARE(request.headers["if-range"], QByteArray("\"v1\""));
      reached = request.rangeFrom();
    }
    QCOMPARE(reached, qint64{280'000});
  }

  void whatWasStoppedGoesOnInALaterSession() {
    const Scratch scratch;
    ModelHost host([&](const HttpRequest& request) {
      HttpAnswer answer = fileAnswer(request, content_);
      answer.pauseMs = 10;
      return answer;
    });
    const TransferJob wanted = job(host, scratch, content_);
    std::stop_source stop;
    QElapsedTimer since;
    bool cancelled = false;
    try {
      transfer(wanted, hasty(), Context(stop.get_token(), {}), [&](const TransferFigures& now) {
        if (now.done < 60'000 || stop.stop_requested()) return;
        stop.request_stop();
        since.start();
      });
    } catch (const Cancelled&) {
      cancelled = true;
    }
    QVERIFY(cancelled);
    QVERIFY2(since.elapsed() < 2000, "stopping waited for something");
    QVERIFY(!std::filesystem::exists(wanted.target));
    const auto kept = std::filesystem::file_size(partOf(wanted.target));
    QVERIFY(kept >= 60'000 && kept < 300'000);
    run(wanted);
    QVERIFY(contentOf(wanted.target) == bytes(content_));
    QCOMPARE(host.requests().last().rangeFrom(), qint64(kept));
    QCOMPARE(scratch.files(), std::size_t{1});
  }

  void aServerThatFallsSilentIsAskedAgain() {
    const Scratch scratch;
    ModelHost host([&](const HttpRequest& request) {
      HttpAnswer answer = fileAnswer(request, content_);
      if (request.number < 2) answer.stallAfter = request.number == 0 ? 0 : 100'000;
      return answer;
    });
    run(job(host, scratch, content_));
    QVERIFY(contentOf(scratch / "model.bin") == bytes(content_));
    QCOMPARE(host.requests().size(), 3);
  }

  void aServerThatStaysSilentIsGivenUpAndThePartKept() {
    const Scratch scratch;
    ModelHost host([&](const HttpRequest& request) {
      HttpAnswer answer = fileAnswer(request, content_);
      answer.stallAfter = request.number == 0 ? 1000 : 0;
      return answer;
    });
    const QString message = messageFor(job(host, scratch, content_));
    QVERIFY2(message.contains("nothing came from 127.0.0.1"), qPrintable(message));
    QVERIFY2(message.contains("is kept"), qPrintable(message));
    QCOMPARE(std::filesystem::file_size(partOf(scratch / "model.bin")), std::uintmax_t{1000});
  }

  void aLengthThatIsALieIsNoticed() {
    {  // more announced than there is
      const Scratch scratch;
      ModelHost host([&](const HttpRequest&) {
        HttpAnswer answer;
        answer.headers = {{"Content-Length", "300000"}};
        answer.body = content_.left(1000);
        return answer;
      });
      const QString message = messageFor(job(host, scratch, content_));
      QVERIFY2(message.contains("keeps breaking"), qPrintable(message));
    }
    {  // another file altogether, and no byte of it is fetched twice
      const Scratch scratch;
      ModelHost host(
          [&](const HttpRequest& request) { return fileAnswer(request, content_.left(299'999)); });
      const QString message = messageFor(job(host, scratch, content_));
      QVERIFY2(message.contains("299999 bytes instead of 300000"), qPrintable(message));
      QCOMPARE(host.requests().size(), 1);
    }
    {  // no length, and no end
      const Scratch scratch;
      ModelHost host([&](const HttpRequest&) {
        HttpAnswer answer;
        answer.headers = {{"Transfer-Encoding", "chunked"}};
        const QByteArray more = content_ + noise(1000, 2);
        answer.body = QByteArray::number(more.size(), 16) + "\r\n" + more + "\r\n0\r\n\r\n";
        return answer;
      });
      const QString message = messageFor(job(host, scratch, content_));
      QVERIFY2(message.contains("more than it announced"), qPrintable(message));
      QCOMPARE(scratch.files(), std::size_t{0});
    }
    {  // no length, and an early end
      const Scratch scratch;
      ModelHost host([&](const HttpRequest& request) {
        HttpAnswer answer;
        answer.headers = {{"Transfer-Encoding", "chunked"}};
        const QByteArray part = content_.left(request.number < 2 ? 5000 : 300'000);
        answer.body = QByteArray::number(part.size(), 16) + "\r\n" + part + "\r\n0\r\n\r\n";
        return answer;
      });
      run(job(host, scratch, content_));
      QVERIFY(contentOf(scratch / "model.bin") == bytes(content_));
    }
  }

  void aServerWithoutRangesBeginsAgain() {
    const Scratch scratch;
    ModelHost host([&](const HttpRequest& request) {
      HttpAnswer answer;
      answer.headers = {{"ETag", "\"v1\""}};
      answer.body = content_;
      if (request.number == 0) answer.breakAfter = 100'000;
      return answer;
    });
    run(job(host, scratch, content_));
    QVERIFY(contentOf(scratch / "model.bin") == bytes(content_));
    QCOMPARE(host.requests().size(), 2);
  }

  /// Halves of two versions never become one file, whether the server heeds If-Range or not.
  void aFileThatChangesMeanwhileIsFetchedAnew() {
    const QByteArray newer = noise(300'000, 7);
    for (const bool heeds : {true, false}) {
      const Scratch scratch;
      ModelHost host([&](const HttpRequest& asked) {
        HttpRequest request = asked;
        if (request.number == 0) {
          HttpAnswer answer = fileAnswer(request, content_, "\"v1\"");
          answer.breakAfter = 100'000;
          return answer;
        }
        if (!heeds) request.headers.remove("if-range");
        return fileAnswer(request, newer, "\"v2\"");
      });
      run(job(host, scratch, newer));
      QVERIFY(contentOf(scratch / "model.bin") == bytes(newer));
      QVERIFY(host.requests().size() >= 2);
    }
  }

  void aFileThatKeepsChangingIsGivenUp() {
    const Scratch scratch;
    ModelHost host([&](const HttpRequest& asked) {
      HttpRequest request = asked;
      request.headers.remove("if-range");
      HttpAnswer answer =
          fileAnswer(request, content_, "\"" + QByteArray::number(request.number) + "\"");
      answer.breakAfter = 100'000;
      return answer;
    });
    const QString message = messageFor(job(host, scratch, content_));
    QVERIFY2(message.contains("keeps changing"), qPrintable(message));
  }

  void aRangeThatIsNotTheOneAskedForIsNotTaken() {
    const Scratch scratch;
    ModelHost host([&](const HttpRequest& request) {
      HttpAnswer answer = fileAnswer(request, content_);
      if (request.number == 0) answer.breakAfter = 100'000;
      if (request.number == 1) {
        answer.headers.last().second = "bytes 99999-299999/300000";
        answer.body = content_.mid(99'999);
      }
      return answer;
    });
    run(job(host, scratch, content_));
    QVERIFY(contentOf(scratch / "model.bin") == bytes(content_));
  }

  void wrongBytesAreThrownAway() {
    const Scratch scratch;
    ModelHost host(
        [&](const HttpRequest& request) { return fileAnswer(request, noise(300'000, 3)); });
    QCOMPARE(messageFor(job(host, scratch, content_)), QString("These are other bytes."));
    QCOMPARE(scratch.files(), std::size_t{0});
    QCOMPARE(host.requests().size(), 1);
  }

  /// Without a validator the rest may be of another version; the checksum tells, and it is fetched
  /// anew by itself.
  void anOldPartOfAnotherVersionDoesNoHarm() {
    const Scratch scratch;
    bool newer = false;
    ModelHost host([&](const HttpRequest& request) {
      HttpAnswer answer = fileAnswer(request, newer ? content_ : noise(300'000, 9), {});
      if (!newer) answer.breakAfter = 100'000;
      return answer;
    });
    TransferPatience once = hasty();
    once.tries = 1;
    const TransferJob wanted = job(host, scratch, content_);
    (void)messageOf<FileError>([&] { transfer(wanted, once, {}, {}); });
    QCOMPARE(std::filesystem::file_size(partOf(wanted.target)), std::uintmax_t{100'000});
    newer = true;
    run(wanted);
    QVERIFY(contentOf(wanted.target) == bytes(content_));
    QCOMPARE(host.requests().last().rangeFrom(), qint64{-1});

    // And where no checksum would tell, nothing without a validator is continued.
    const Scratch other;
    newer = false;
    TransferJob unchecked = job(host, other, content_);
    unchecked.checksummed = false;
    (void)messageOf<FileError>([&] { transfer(unchecked, once, {}, {}); });
    newer = true;
    run(unchecked);
    QCOMPARE(host.requests().last().rangeFrom(), qint64{-1});
    QVERIFY(contentOf(unchecked.target) == bytes(content_));
  }

  void whatHasAllArrivedIsNotAskedForAgain() {
    const Scratch scratch;
    ModelHost host([&](const HttpRequest& request) { return fileAnswer(request, content_); });
    TransferJob wanted = job(host, scratch, content_);
    const auto check = wanted.check;
    wanted.check = [](const std::filesystem::path&, const Context&) { throw Cancelled(); };
    bool cancelled = false;
    try {
      run(wanted);
    } catch (const Cancelled&) {
      cancelled = true;
    }
    QVERIFY(cancelled && !std::filesystem::exists(wanted.target));
    wanted.check = check;
    run(wanted);
    QVERIFY(contentOf(wanted.target) == bytes(content_));
    QCOMPARE(host.requests().size(), 1);
  }

  void rangesAreReadStrictly() {
    QCOMPARE(contentRange("bytes 5-9/10")->first, std::uint64_t{5});
    QCOMPARE(contentRange("bytes */10")->total, std::uint64_t{10});
    QVERIFY(!contentRange("bytes 5-9/*")->total);
    for (const char* bad : {"", "bytes", "bytes 9-5/10", "bytes 5-10/10", "bytes 5-9/10 ", "5-9/10",
                            "bytes -9/10", "bytes 5-9/99999999999999999999999", "items 5-9/10"})
      QVERIFY2(!contentRange(bad), bad);
    QCOMPARE(validatorOf("\"a\"", "Sat"), std::string("\"a\""));
    QCOMPARE(validatorOf("W/\"a\"", "Sat"), std::string("Sat"));
    QCOMPARE(validatorOf("", ""), std::string());
  }
};

QTEST_GUILESS_MAIN(TstTransfer)
#include "tst_transfer.moc"
