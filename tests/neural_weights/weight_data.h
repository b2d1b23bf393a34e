#pragma once

#include <QByteArray>
#include <QFile>
#include <QTemporaryDir>
#include <cstring>
#include <string>

#include "core/base/error.h"
#include "neural/weights/mapped_file.h"
#include "neural/weights/weight_file.h"

namespace maquette::test {

inline std::string weightData(const std::string& name) {
  return MAQUETTE_TEST_DATA "/weights/" + name;
}

inline QByteArray bytesOfFile(const std::string& path) {
  QFile file(QString::fromStdString(path));
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// A copy of exactly `content`'s size, so that a sanitizer sees the first byte read beyond it.
inline SharedBytes inMemory(const QByteArray& content) {
  const auto size = static_cast<std::size_t>(content.size());
  const std::shared_ptr<std::byte[]> copy(new std::byte[size]);
  if (size > 0) std::memcpy(copy.get(), content.constData(), size);
  return {{copy.get(), size}, copy};
}

/// Touches every element, so that a view beyond its storage shows under a sanitizer.
inline std::size_t touchAll(const WeightFile& file) {
  std::size_t bytes = 0;
  for (const TensorView& tensor : file.tensors()) {
    std::vector<std::byte> copy(tensor.bytes());
    copyContiguous(tensor, copy);
    bytes += copy.size();
  }
  return bytes;
}

/// The message with which `work` fails, or "" where it does not.
template <class Work>
std::string failureOf(Work&& work) {
  try {
    work();
  } catch (const FileError& error) {
    return error.what();
  }
  return {};
}

/// A safetensors file of this header; `data` follows it.
inline QByteArray safetensors(const QByteArray& header, const QByteArray& data) {
  const std::uint64_t length = static_cast<std::uint64_t>(header.size());
  QByteArray file(reinterpret_cast<const char*>(&length), sizeof length);
  return file + header + data;
}

}  // namespace maquette::test
