#pragma once

#include <QtTest>

#include "core/base/error.h"
#include "download/model_host.h"
#include "download/transfer.h"
#include "models/digest.h"
#include "support/scratch.h"

namespace maquette::test {

/// Quick to give up, for servers that never get better.
inline TransferPatience hasty() {
  return {3, std::chrono::milliseconds(300), std::chrono::milliseconds(10),
          std::chrono::milliseconds(40)};
}

inline std::string bytes(const QByteArray& content) { return content.toStdString(); }

/// The download of "model.bin", which has to be `wanted`.
inline TransferJob job(const ModelHost& host, const Scratch& scratch, const QByteArray& wanted) {
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

inline void run(const TransferJob& job, const Context& ctx = {}) {
  transfer(job, hasty(), ctx, {});
}

/// What it says when it fails; there is nothing under the final name then.
inline QString messageFor(const TransferJob& job) {
  const QString message = messageOf<FileError>([&] { run(job); });
  return std::filesystem::exists(job.target) ? "a file was left: " + message : message;
}

}  // namespace maquette::test
