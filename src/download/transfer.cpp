#include "download/transfer.h"

#include <spdlog/fmt/fmt.h>

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QNetworkAccessManager>
#include <QNetworkProxyFactory>
#include <QNetworkReply>
#include <QTimer>
#include <QUrl>
#include <algorithm>
#include <memory>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/base/log.h"
#include "download/http_words.h"
#include "download/part_file.h"
#include "download/rate.h"

namespace maquette {
namespace {

constexpr int kTickMs = 50;
constexpr int kRedirects = 8;
constexpr int kRestarts = 3;  // of a file that changes under our hands
constexpr qint64 kReadAhead = qint64{4} << 20;
constexpr std::uint64_t kWorthMentioning = 64 << 10;

class SystemProxies : public QNetworkProxyFactory {
  QList<QNetworkProxy> queryProxy(const QNetworkProxyQuery& query) override {
    return systemProxyForQuery(query);
  }
};

std::string header(const QNetworkReply& reply, const char* name) {
  return reply.rawHeader(name).trimmed().toStdString();
}

/// One file; see transfer().
class Transfer {
 public:
  Transfer(const TransferJob& job, const TransferPatience& patience, const Context& ctx,
           const std::function<void(const TransferFigures&)>& told)
      : job_(job), patience_(patience), ctx_(ctx), told_(told), part_(job.target) {
    network_.setProxyFactory(new SystemProxies);
    network_.setAutoDeleteReplies(false);
  }
  /// @return  false when what is there was wrong because two versions met, and is gone
  bool run();

 private:
  /// How one request ended.
  enum class Ended { complete, again, redirected, restart };

  Ended ask();
  bool finish();
  void read(QNetworkReply& reply);
  bool answered(const QNetworkReply& reply);
  bool answeredWhole(const QNetworkReply& reply);
  bool answeredPart(const QNetworkReply& reply);
  Ended judge(const QNetworkReply& reply);
  Ended follow(const QNetworkReply& reply);
  bool mayContinue() const;
  bool allHere() const;
  void requireUsable(const QUrl& url) const;
  void wait();
  void tell(bool waiting);
  [[noreturn]] void give(const std::string& why, const std::string& detail) const;
  std::string host() const { return url_.host().toStdString(); }

  const TransferJob& job_;
  const TransferPatience& patience_;
  const Context& ctx_;
  const std::function<void(const TransferFigures&)>& told_;
  PartFile part_;
  QNetworkAccessManager network_;
  QUrl url_;
  Rate rate_;
  std::exception_ptr failure_;    // thrown inside a slot
  std::string trouble_, detail_;  // why the last try ended, for people and the log
  bool taking_ = false;           // the body is the file
  bool fresh_ = true;             // everything there came from one answer, or is known to fit
  bool restart_ = false;
  bool stalled_ = false;
  int redirects_ = 0;
  std::optional<std::chrono::milliseconds> askedToWait_;
  std::chrono::milliseconds nextWait_{0};
};

void Transfer::give(const std::string& why, const std::string& detail) const {
  throw FileError(fmt::format("{} was not downloaded: {}", shownName(job_.target), why),
                  fmt::format("{}: {}", url_.toDisplayString().toStdString(), detail));
}

void Transfer::requireUsable(const QUrl& url) const {
  const QUrl asked(QString::fromStdString(job_.address));
  const bool plain = url.scheme() == "http" && asked.scheme() == "http";
  if (url.isValid() && !url.host().isEmpty() && (url.scheme() == "https" || plain)) return;
  give(fmt::format("the address {} is not one to download from. Addresses begin with https:// (or "
                   "http:// for a mirror of your own).",
                   shownText(url.toDisplayString().toStdString())),
       "scheme");
}

/// What is there can be continued: its version can be named to the server, or checked afterwards.
bool Transfer::mayContinue() const {
  return part_.size() > 0 && part_.state().address == job_.address &&
         (!part_.state().validator.empty() || job_.checksummed);
}

bool Transfer::allHere() const {
  const auto& total = part_.state().total;
  return total && part_.size() == *total;
}

void Transfer::tell(bool waiting) {
  if (!waiting) rate_.add(part_.size());
  TransferFigures figures{part_.size(), part_.state().total ? part_.state().total : job_.bytes,
                          waiting ? 0. : rate_.perSecond(), waiting};
  if (told_) told_(figures);
}

bool Transfer::run() {
  int tries = 0, restarts = 0;
  nextWait_ = patience_.firstWait;
  for (;;) {
    url_ = QUrl(QString::fromStdString(job_.address));
    requireUsable(url_);
    redirects_ = 0;
    const std::uint64_t before = part_.size();
    if (before > 0) fresh_ = false;
    Ended ended = allHere() && mayContinue() ? Ended::complete : Ended::redirected;
    while (ended == Ended::redirected) ended = ask();
    if (ended == Ended::complete) return finish();
    if (ended == Ended::restart) {
      if (++restarts > kRestarts)
        give("the file on the server keeps changing. Try again later, or choose another mirror.",
             "restarts");
      continue;
    }
    if (part_.size() >= before + kWorthMentioning) {
      tries = 0;
      nextWait_ = patience_.firstWait;
    }
    if (++tries >= patience_.tries) give(trouble_, detail_);
    log("download")->info("{}: {}; another try", host(), detail_);
    wait();
  }
}

bool Transfer::finish() {
  bool wrong = false;
  try {
    part_.finish([&](const std::filesystem::path& file) {
      try {
        job_.check(file, ctx_);
      } catch (const FileError&) {
        wrong = true;
        throw;
      }
    });
    return true;
  } catch (const FileError&) {
    // What came in one answer is simply wrong, and would be again.
    if (wrong && !fresh_) return false;
    throw;
  }
}

void Transfer::wait() {
  rate_.forget();
  const auto length = std::min(std::max(nextWait_, askedToWait_.value_or(nextWait_)),
                               std::max(patience_.longestWait, nextWait_));
  nextWait_ = std::min(nextWait_ * 2, patience_.longestWait);
  askedToWait_.reset();
  QElapsedTimer clock;
  clock.start();
  while (clock.elapsed() < length.count()) {
    ctx_.check();
    tell(true);
    QEventLoop loop;
    QTimer::singleShot(int(std::min<qint64>(kTickMs, length.count() - clock.elapsed())), &loop,
                       &QEventLoop::quit);
    loop.exec();
  }
}

Transfer::Ended Transfer::ask() {
  ctx_.check();
  QNetworkRequest request(url_);
  request.setAttribute(QNetworkRequest::RedirectPolicyAttribute,
                       QNetworkRequest::ManualRedirectPolicy);
  request.setAttribute(QNetworkRequest::CacheLoadControlAttribute, QNetworkRequest::AlwaysNetwork);
  request.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
  request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);  // one large file at a time
  request.setRawHeader("User-Agent", "Maquette");
  request.setRawHeader("Accept-Encoding", "identity");  // a range of a compressed file is another
  if (mayContinue()) {
    request.setRawHeader("Range",
                         QByteArray("bytes=") + QByteArray::number(qulonglong(part_.size())) + "-");
    if (!part_.state().validator.empty())
      request.setRawHeader("If-Range", QByteArray::fromStdString(part_.state().validator));
  }
  taking_ = restart_ = stalled_ = false;
  failure_ = nullptr;
  const std::unique_ptr<QNetworkReply> reply(network_.get(request));
  reply->setReadBufferSize(kReadAhead);
  QEventLoop loop;
  QElapsedTimer quiet;
  quiet.start();
  const auto guarded = [&](auto&& work) {
    try {
      work();
    } catch (...) {
      failure_ = std::current_exception();
      reply->abort();
    }
  };
  QObject::connect(reply.get(), &QNetworkReply::metaDataChanged, &loop, [&] {
    quiet.restart();
    if (!failure_) guarded([&] { taking_ = answered(*reply); });
  });
  QObject::connect(reply.get(), &QNetworkReply::readyRead, &loop, [&] {
    quiet.restart();
    if (!failure_) guarded([&] { read(*reply); });
  });
  QObject::connect(reply.get(), &QNetworkReply::finished, &loop, &QEventLoop::quit);
  QTimer tick;
  QObject::connect(&tick, &QTimer::timeout, &loop, [&] {
    if (ctx_.stopRequested()) return reply->abort();
    guarded([&] { tell(false); });
    stalled_ = quiet.elapsed() > patience_.stall.count();
    if (stalled_) reply->abort();
  });
  tick.start(kTickMs);
  if (!reply->isFinished()) loop.exec();
  tick.stop();
  ctx_.check();
  if (!failure_ && taking_ && !stalled_)
    guarded([&] {
      read(*reply);
      tell(false);
    });
  if (failure_) std::rethrow_exception(failure_);
  return judge(*reply);
}

void Transfer::read(QNetworkReply& reply) {
  if (!taking_) return;
  const auto limit = part_.state().total ? part_.state().total : job_.bytes;
  while (reply.bytesAvailable() > 0) {
    const QByteArray piece = reply.read(qint64{1} << 20);
    if (piece.isEmpty()) return;
    if (limit && part_.size() + std::uint64_t(piece.size()) > *limit) {
      part_.begin({});
      give(fmt::format("{} sends more than it announced. Choose another mirror, or try later.",
                       host()),
           "too long");
    }
    part_.append(piece.constData(), std::size_t(piece.size()));
  }
}

/// Whether what follows these headers is (the rest of) the file.
bool Transfer::answered(const QNetworkReply& reply) {
  const int status = reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
  if (status == 200) return answeredWhole(reply);
  if (status == 206) return answeredPart(reply);
  return false;
}

bool Transfer::answeredWhole(const QNetworkReply& reply) {
  if (taking_) return true;  // trailers
  PartState state{job_.address, validatorOf(header(reply, "ETag"), header(reply, "Last-Modified")),
                  job_.bytes};
  if (const std::string length = header(reply, "Content-Length"); !length.empty()) {
    const std::uint64_t bytes = QByteArray::fromStdString(length).toULongLong();
    if (job_.bytes && bytes != *job_.bytes)
      give(fmt::format("{} offers a file of {} bytes instead of {}: another one. Choose another "
                       "mirror, or look for a newer Maquette.",
                       host(), bytes, *job_.bytes),
           "Content-Length");
    state.total = bytes;
  }
  part_.begin(std::move(state));
  fresh_ = true;
  return true;
}

bool Transfer::answeredPart(const QNetworkReply& reply) {
  if (taking_) return true;
  const auto range = contentRange(header(reply, "Content-Range"));
  const PartState& known = part_.state();
  const std::string etag = header(reply, "ETag");
  const bool named = !known.validator.empty() && known.validator.front() == '"';
  const bool same = mayContinue() && range && range->first == part_.size() &&
                    (!range->total || !known.total || *range->total == *known.total) &&
                    (!named || etag.empty() || etag == known.validator);
  if (!same) restart_ = true;
  return same;
}

Transfer::Ended Transfer::follow(const QNetworkReply& reply) {
  const QUrl to = url_.resolved(QUrl::fromEncoded(reply.rawHeader("Location")));
  if (++redirects_ > kRedirects)
    give(fmt::format("{} sends us round in circles. Choose another mirror, or try later.", host()),
         "redirects");
  if (url_.scheme() == "https" && to.scheme() != "https")
    give(fmt::format("{} leads to an address that is not secure. Choose another mirror.", host()),
         to.toDisplayString().toStdString());
  requireUsable(to);
  url_ = to;
  return Ended::redirected;
}

/// What is to be done after an answer, whole or broken off.
Transfer::Ended Transfer::judge(const QNetworkReply& reply) {
  const int status = reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
  detail_ =
      fmt::format("{} {} ({})", status, reply.errorString().toStdString(), int(reply.error()));
  if (restart_) {
    part_.begin({});
    return Ended::restart;
  }
  if (taking_) {
    const auto total = part_.state().total;
    if (total ? part_.size() == *total : reply.error() == QNetworkReply::NoError)
      return Ended::complete;
    trouble_ = stalled_ ? fmt::format(
                              "nothing came from {} for a while. Check your connection and "
                              "go on; what has arrived is kept.",
                              host())
                        : fmt::format(
                              "the connection to {} keeps breaking. Check it and go on; what "
                              "has arrived is kept.",
                              host());
    return Ended::again;
  }
  if (status >= 300 && status < 400 && !reply.rawHeader("Location").isEmpty()) return follow(reply);
  if (status == 416) {
    const auto range = contentRange(header(reply, "Content-Range"));
    if (part_.size() > 0 && range && range->total == part_.size() && !job_.bytes)
      return Ended::complete;
    part_.begin({});
    return Ended::restart;
  }
  if (status != 0) {
    trouble_ = refusal(status, host());
    if (!worthAnotherTry(status)) give(trouble_, detail_);
    if (const int seconds = reply.rawHeader("Retry-After").toInt(); seconds > 0)
      askedToWait_ = std::chrono::seconds(std::min(seconds, 3600));
    return Ended::again;
  }
  if (reply.error() == QNetworkReply::SslHandshakeFailedError)
    give(fmt::format(
             "{} cannot prove who it is. Check this machine's date, or choose another mirror.",
             host()),
         detail_);
  trouble_ = stalled_
                 ? fmt::format("{} does not answer. Check your connection and try again.", host())
                 : fmt::format(
                       "{} cannot be reached. Check your connection, your proxy or the "
                       "mirror's address.",
                       host());
  return Ended::again;
}

}  // namespace

void transfer(const TransferJob& job, const TransferPatience& patience, const Context& ctx,
              const std::function<void(const TransferFigures&)>& told) {
  // What an earlier session left may be of another version, which only shows at the end.
  while (!Transfer(job, patience, ctx, told).run()) {
  }
}

}  // namespace maquette
