#pragma once

#include <QtCore/QDir>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QProcess>
#include <QtCore/QString>
#include <QtCore/QStringList>

namespace maquette::test {

/// How one run of the real maquette-cli ended.
struct CliRun {
  int exitCode = -1;  ///< -1 after a crash or a hang
  QByteArray out, err;
  QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
};

inline CliRun runCli(const QStringList& arguments, const QString& folder = QDir::currentPath(),
                     int timeoutMs = 120000) {
  QProcess process;
  process.setWorkingDirectory(folder);
  process.start(QStringLiteral(MAQUETTE_BIN_DIR "/maquette-cli"), arguments);
  CliRun run;
  if (!process.waitForFinished(timeoutMs)) {
    process.kill();
    process.waitForFinished();
  } else if (process.exitStatus() == QProcess::NormalExit) {
    run.exitCode = process.exitCode();
  }
  run.out = process.readAllStandardOutput();
  run.err = process.readAllStandardError();
  return run;
}

}  // namespace maquette::test
