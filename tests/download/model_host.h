#pragma once

#include <QCryptographicHash>
#include <QHostAddress>
#include <QList>
#include <QMap>
#include <QMutex>
#include <QRandomGenerator>
#include <QString>
#include <QTcpServer>
#include <QTcpSocket>
#include <QThread>
#include <functional>
#include <string>

namespace maquette::test {

struct HttpRequest {
  QByteArray target;  ///< "/a/b", or a whole address when we are asked as a proxy
  QMap<QByteArray, QByteArray> headers;  ///< lower-case names
  int number = 0;                        ///< counted from 0
  qint64 rangeFrom() const {
    const QByteArray range = headers.value("range");
    return range.startsWith("bytes=") ? range.mid(6).chopped(1).toLongLong() : -1;
  }
};

struct HttpAnswer {
  int status = 200;
  QList<QPair<QByteArray, QByteArray>> headers;
  QByteArray body;
  qint64 breakAfter = -1;  ///< bytes of the body, then the connection ends
  qint64 stallAfter = -1;  ///< bytes of the body, then nothing until the client goes
  int pauseMs = 0;         ///< between pieces of 16 KiB
};

/// A server of HTTP/1.1 on a thread of its own that does what the test says, good or bad.
class ModelHost : public QThread {
 public:
  using Handler = std::function<HttpAnswer(const HttpRequest&)>;

  explicit ModelHost(Handler handler) : handler_(std::move(handler)) {
    start();
    while (port_ == 0) msleep(1);
  }
  ~ModelHost() override {
    requestInterruption();
    wait();
  }
  QString base() const { return QString("http://127.0.0.1:%1").arg(port_.load()); }
  std::string address(const char* path) const { return base().toStdString() + path; }
  QList<HttpRequest> requests() const {
    const QMutexLocker lock(&mutex_);
    return requests_;
  }
  void handleWith(Handler handler) {
    const QMutexLocker lock(&mutex_);
    handler_ = std::move(handler);
  }

 protected:
  void run() override {
    QTcpServer server;
    server.listen(QHostAddress::LocalHost);
    port_ = server.serverPort();
    while (!isInterruptionRequested())
      if (server.waitForNewConnection(20))
        if (const std::unique_ptr<QTcpSocket> socket(server.nextPendingConnection()); socket)
          serve(*socket);
  }

 private:
  void serve(QTcpSocket& socket) {
    QByteArray head;
    while (!head.contains("\r\n\r\n")) {
      if (isInterruptionRequested() || socket.state() != QAbstractSocket::ConnectedState) return;
      socket.waitForReadyRead(20);
      head += socket.readAll();
    }
    HttpRequest request;
    const QList<QByteArray> lines = head.left(head.indexOf("\r\n\r\n")).split('\n');
    request.target = lines[0].split(' ').value(1);
    for (const QByteArray& line : lines.mid(1))
      request.headers[line.left(line.indexOf(':')).toLower()] =
          line.mid(line.indexOf(':') + 1).trimmed();
    Handler handler;
    {
      const QMutexLocker lock(&mutex_);
      request.number = int(requests_.size());
      requests_.append(request);
      handler = handler_;
    }
    send(socket, handler(request));
  }

  void send(QTcpSocket& socket, const HttpAnswer& answer) {
    QByteArray head = "HTTP/1.1 " + QByteArray::number(answer.status) + " Whatever\r\n";
    bool sized = false;
    for (const auto& [name, value] : answer.headers) {
      head += name + ": " + value + "\r\n";
      sized |= name == "Content-Length" || name == "Transfer-Encoding";
    }
    if (!sized) head += "Content-Length: " + QByteArray::number(answer.body.size()) + "\r\n";
    socket.write(head + "Connection: close\r\n\r\n");
    qint64 end = answer.body.size();
    if (answer.breakAfter >= 0) end = std::min(end, answer.breakAfter);
    if (answer.stallAfter >= 0) end = std::min(end, answer.stallAfter);
    for (qint64 at = 0; at < end && !isInterruptionRequested(); at += 16384) {
      socket.write(answer.body.mid(at, std::min<qint64>(16384, end - at)));
      if (!socket.waitForBytesWritten(2000)) return;
      if (answer.pauseMs > 0) msleep(answer.pauseMs);
    }
    while (answer.stallAfter >= 0 && !isInterruptionRequested() &&
           socket.state() == QAbstractSocket::ConnectedState)
      socket.waitForDisconnected(20);
    if (answer.breakAfter >= 0) msleep(30);  // so that the client is in the middle of it
    socket.flush();
    socket.disconnectFromHost();
    if (socket.state() != QAbstractSocket::UnconnectedState) socket.waitForDisconnected(1000);
  }

  mutable QMutex mutex_;
  Handler handler_;
  QList<HttpRequest> requests_;
  std::atomic<int> port_{0};
};

/// A well-behaved answer: ranges, If-Range, an ETag.
inline HttpAnswer fileAnswer(const HttpRequest& request, const QByteArray& content,
                             const QByteArray& etag = "\"v1\"") {
  HttpAnswer answer;
  if (!etag.isEmpty()) answer.headers.append({"ETag", etag});
  const qint64 from = request.rangeFrom();
  const QByteArray condition = request.headers.value("if-range");
  if (from < 0 || (!condition.isEmpty() && condition != etag)) {
    answer.body = content;
  } else if (from >= content.size()) {
    answer.status = 416;
    answer.headers.append({"Content-Range", "bytes */" + QByteArray::number(content.size())});
  } else {
    answer.status = 206;
    answer.body = content.mid(from);
    answer.headers.append({"Content-Range", "bytes " + QByteArray::number(from) + "-" +
                                                QByteArray::number(content.size() - 1) + "/" +
                                                QByteArray::number(content.size())});
  }
  return answer;
}

/// Bytes without order, the same for the same seed.
inline QByteArray noise(int bytes, quint32 seed = 1) {
  QRandomGenerator random(seed);
  QByteArray made(bytes, Qt::Uninitialized);
  for (char& byte : made) byte = char(random.generate());
  return made;
}

inline std::string sha256Of(const QByteArray& content) {
  return QCryptographicHash::hash(content, QCryptographicHash::Sha256).toHex().toStdString();
}

}  // namespace maquette::test
