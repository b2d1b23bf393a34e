#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <QSslCertificate>
#include <QSslKey>
#include <QSslServer>
#include <QtTest>
#include <algorithm>

#include "core/base/error.h"
#include "download/http_words.h"
#include "download/model_host.h"
#include "download/part_file.h"
#include "download/transfer.h"
#include "models/digest.h"
#include "models/store.h"
#include "support/scratch.h"
#include "support/write_faults.h"

using namespace maquette;
using namespace maquette::test;

namespace {

/// Quick to give up, for servers that never get better.
TransferPatience hasty() {
  return {3, std::chrono::milliseconds(300), std::chrono::milliseconds(10),
          std::chrono::milliseconds(40)};
}

QByteArray contentOfBio(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  const QByteArray content(data, qsizetype(size));
  BIO_free(bio);
  return content;
}

/// A certificate for 127.0.0.1 that nobody has signed but itself, with its key.
QSslConfiguration ownIdentity() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("127.0.0.1"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_sign(certificate, key, EVP_sha256());
  BIO* certificateText = BIO_new(BIO_s_mem());
  BIO* keyText = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificateText, certificate);
  PEM_write_bio_PrivateKey(keyText, key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(certificate);
  EVP_PKEY_free(key);
  QSslConfiguration identity = QSslConfiguration::defaultConfiguration();
  identity.setLocalCertificate(QSslCertificate(contentOfBio(certificateText)));
  identity.setPrivateKey(QSslKey(contentOfBio(keyText), QSsl::Ec));
  return identity;
}

std::string bytes(const QByteArray& content) { return content.toStdString(); }

}  // namespace

/// What a download leaves, whatever the server does: the right file, or none.
class TstTransfer : public QObject {
  Q_OBJECT
  const QByteArray content_ = noise(300'000);

  TransferJob job(const ModelHost& host, const Scratch& scratch, const QByteArray& wanted) const {
    TransferJob made;
    made.address = host.address("/model.bin");
    made.target = scratch / "model.bin";
    made.bytes = std::uint64_t(wanted.size());
    made.checksummed = true;
    made.check = [sum = sha256Of(wanted)](const std::filesystem::path& file, const Context&) {
      Digest digest;
      const std::string read = contentOf(file);
      digest.add(read.data(), read.size());
      if (digest.hex() != sum) throw FileError("These are other bytes.");
    };
    return made;
  }
  static void run(const TransferJob& job, const Context& ctx = {}) {
    transfer(job, hasty(), ctx, {});
  }
  /// What it says when it fails; there is nothing under the final name then.
  static QString messageFor(const TransferJob& job) {
    const QString message = messageOf<FileError>([&] { run(job); });
    return std::filesystem::exists(job.target) ? "a file was left: " + message : message;
  }

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

  void redirectsAreFollowedButNotForEver() {
    const Scratch scratch;
    ModelHost host([&](const HttpRequest& request) {
      if (request.target != "/3") {
        HttpAnswer answer;
        answer.status = request.number % 2 ? 302 : 307;
        answer.headers = {{"Location", "/" + QByteArray::number(request.number + 1)}};
        return answer;
      }
      return fileAnswer(request, content_);
    });
    run(job(host, scratch, content_));
    QVERIFY(contentOf(scratch / "model.bin") == bytes(content_));

    const Scratch other;
    ModelHost circle([&](const HttpRequest&) {
      HttpAnswer answer;
      answer.status = 302;
      answer.headers = {{"Location", "/model.bin"}};
      return answer;
    });
    const QString message = messageFor(job(circle, other, content_));
    QVERIFY2(message.contains("round in circles"), qPrintable(message));
    QCOMPARE(circle.requests().size(), 9);
  }

  void onlyTheWebIsDownloadedFrom() {
    for (const char* address :
         {"ftp://127.0.0.1/x", "file:///etc/passwd", "nonsense", "http:///x"}) {
      const Scratch scratch;
      TransferJob wanted;
      wanted.address = address;
      wanted.target = scratch / "model.bin";
      const QString message = messageFor(wanted);
      QVERIFY2(message.contains("begin with https://"), qPrintable(message));
      QCOMPARE(scratch.files(), std::size_t{0});
    }
    const Scratch scratch;
    ModelHost host([&](const HttpRequest&) {
      HttpAnswer answer;
      answer.status = 302;
      answer.headers = {{"Location", "file:///etc/passwd"}};
      return answer;
    });
    QVERIFY(messageFor(job(host, scratch, content_)).contains("begin with https://"));
  }

  /// https works here, and a server that anybody could have set up is not believed.
  void aServerThatCannotProveWhoItIsIsNotTrusted() {
    const Scratch scratch;
    QSslServer server;
    server.setSslConfiguration(ownIdentity());
    QVERIFY(server.listen(QHostAddress::LocalHost));
    TransferJob wanted;
    wanted.address = "https://127.0.0.1:" + std::to_string(server.serverPort()) + "/model.bin";
    wanted.target = scratch / "model.bin";
    const QString message = messageFor(wanted);
    QVERIFY2(message.contains("cannot prove who it is"), qPrintable(message));
    QCOMPARE(scratch.files(), std::size_t{0});
  }

  void refusalsAreSaidWithWhatToTry_data() {
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("says");
    QTest::addColumn<int>("requests");
    QTest::newRow("403") << 403 << "browser and import it" << 1;
    QTest::newRow("404") << 404 << "does not have it (404)" << 1;
    QTest::newRow("416") << 416 << "keeps changing" << 4;
    QTest::newRow("429") << 429 << "too busy" << 3;
    QTest::newRow("451") << 451 << "where you are" << 1;
    QTest::newRow("500") << 500 << "problem of its own" << 3;
    QTest::newRow("503") << 503 << "problem of its own (503)" << 3;
    QTest::newRow("204") << 204 << "makes no sense" << 1;
  }
  void refusalsAreSaidWithWhatToTry() {
    QFETCH(int, status);
    QFETCH(QString, says);
    const Scratch scratch;
    ModelHost host([&](const HttpRequest&) {
      HttpAnswer answer;
      answer.status = status;
      if (status != 204) answer.body = "<html>no</html>";
      return answer;
    });
    const QString message = messageFor(job(host, scratch, content_));
    QVERIFY2(message.contains(says) && message.contains("“model.bin”"), qPrintable(message));
    QTEST(int(host.requests().size()), "requests");
    QCOMPARE(scratch.files(), std::size_t{0});
  }

  void aServerThatRecoversIsForgiven() {
    const Scratch scratch;
    ModelHost host([&](const HttpRequest& request) {
      HttpAnswer answer = fileAnswer(request, content_);
      if (request.number == 1) answer = {503, {{"Retry-After", "1"}}, "busy", -1, -1, 0};
      if (request.number == 0) answer.breakAfter = 100'000;
      return answer;
    });
    run(job(host, scratch, content_));
    QVERIFY(contentOf(scratch / "model.bin") == bytes(content_));
  }

  void nobodyThereIsSaid() {
    const Scratch scratch;
    int port = 0;
    {
      QTcpServer gone;
      gone.listen(QHostAddress::LocalHost);
      port = gone.serverPort();
    }
    TransferJob wanted;
    wanted.address = "http://127.0.0.1:" + std::to_string(port) + "/model.bin";
    wanted.target = scratch / "model.bin";
    const QString message = messageFor(wanted);
    QVERIFY2(message.contains("cannot be reached"), qPrintable(message));
    QCOMPARE(scratch.files(), std::size_t{0});
  }

  /// Every write, the sync and the renaming fail in turn: no half file under the final name, and
  /// the download goes on when there is room again.
  void aFullDiskIsSaidAndCostsOnlyTime() {
    int calls = 0;
    ModelHost host([&](const HttpRequest& request) { return fileAnswer(request, content_); });
    {
      const Scratch scratch;
      const WriteFaults faults;
      run(job(host, scratch, content_));
      calls = faults.calls();
    }
    QVERIFY(calls > 4);
    int full = 0;
    for (int call = 0; call < calls; ++call) {
      const Scratch scratch;
      const TransferJob wanted = job(host, scratch, content_);
      {
        WriteFaults faults;
        faults.failAt(call, ENOSPC,
                      call % 2 ? WriteFaults::Kind::fails : WriteFaults::Kind::shortThenFails);
        const QString message = messageFor(wanted);
        // A closing that fails may come after everything that matters.
        if (message == "no exception") continue;
        QVERIFY2(message.contains("the disk is full"), qPrintable(message));
        ++full;
      }
      run(wanted);
      QVERIFY(contentOf(wanted.target) == bytes(content_));
      QCOMPARE(scratch.files(), std::size_t{1});
    }
    QVERIFY(full >= calls - 2);
  }

  void aFolderThatCannotBeWrittenIsSaid() {
    ModelHost host([&](const HttpRequest& request) { return fileAnswer(request, content_); });
    const Scratch scratch;
    TransferJob wanted = job(host, scratch, content_);
    put(scratch / "store", "a file where the folder should be");
    wanted.target = scratch / "store" / "tencent" / "model.bin";
    const QString message = messageOf<FileError>([&] { run(wanted); });
    QVERIFY2(message.contains("“model.bin” was not written"), qPrintable(message));
    QCOMPARE(host.requests().size(), 0);
    if (::geteuid() == 0) return;  // root may write everywhere
    std::filesystem::create_directory(scratch / "read-only");
    ::chmod((scratch / "read-only").c_str(), 0500);
    wanted.target = scratch / "read-only" / "model.bin";
    QVERIFY(messageOf<FileError>([&] { run(wanted); }).contains("you may not write there"));
  }

  void neverTwiceTheSameFile() {
    const Scratch scratch;
    ModelHost host([&](const HttpRequest& request) { return fileAnswer(request, content_); });
    {
      const PartFile first(scratch / "model.bin");
      const QString message = messageFor(job(host, scratch, content_));
      QVERIFY2(message.contains("already being downloaded"), qPrintable(message));
      QCOMPARE(host.requests().size(), 0);
    }
    QCOMPARE(scratch.files(), std::size_t{0});
    run(job(host, scratch, content_));
  }

  void theSystemsProxyIsAsked() {
    const Scratch scratch;
    ModelHost proxy([&](const HttpRequest& request) { return fileAnswer(request, content_); });
    TransferJob wanted = job(proxy, scratch, content_);
    wanted.address = "http://models.invalid/a/model.bin";
    qputenv("http_proxy", proxy.base().toUtf8());
    run(wanted);
    qunsetenv("http_proxy");
    QVERIFY(contentOf(wanted.target) == bytes(content_));
    QCOMPARE(proxy.requests()[0].target, QByteArray("http://models.invalid/a/model.bin"));
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
