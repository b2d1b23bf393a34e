#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <QSslCertificate>
#include <QSslKey>
#include <QSslServer>
#include <QtTest>

#include "core/base/error.h"
#include "download/part_file.h"
#include "download/transfer_job.h"
#include "support/write_faults.h"

using namespace maquette;
using namespace maquette::test;

namespace {

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

}  // namespace

/// Who is asked for a file, and what is said where a server, the network or the disk refuses.
class TstRefusals : public QObject {
  Q_OBJECT
  const QByteArray content_ = noise(300'000);

 private Q_SLOTS:
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
  /// the download goes on when there is room again. In how many writes a file arrives is the
  /// network's to decide, so the turns end with the download that the fault never met.
  void aFullDiskIsSaidAndCostsOnlyTime() {
    ModelHost host([&](const HttpRequest& request) { return fileAnswer(request, content_); });
    int full = 0;
    for (int call = 0;; ++call) {
      const Scratch scratch;
      const TransferJob wanted = job(host, scratch, content_);
      QString message;
      bool met = false;
      {
        WriteFaults faults;
        faults.failAt(call, ENOSPC,
                      call % 2 ? WriteFaults::Kind::fails : WriteFaults::Kind::shortThenFails);
        message = messageOf<FileError>([&] { run(wanted); });
        met = faults.calls() > call;
      }
      if (!met) {
        QVERIFY(contentOf(wanted.target) == bytes(content_));
        break;
      }
      QVERIFY(!std::filesystem::exists(wanted.target));
      QVERIFY2(message.contains("the disk is full"), qPrintable(message));
      ++full;
      run(wanted);
      QVERIFY(contentOf(wanted.target) == bytes(content_));
      QCOMPARE(scratch.files(), std::size_t{1});
    }
    QVERIFY(full > 4);
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
};

QTEST_GUILESS_MAIN(TstRefusals)
#include "tst_refusals.moc"
