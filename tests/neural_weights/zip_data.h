#pragma once

#include <QByteArray>
#include <QList>
#include <QPair>

namespace maquette::test {

/// How a record departs from what PyTorch writes.
struct ZipOptions {
  quint16 method = 0;
  quint16 flags = 0;
  bool zip64 = false;
};

using ZipRecords = QList<QPair<QByteArray, QByteArray>>;

template <class T>
void put(QByteArray& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// A zip archive of stored records; checksums are zero.
inline QByteArray zipOf(const ZipRecords& records, const ZipOptions& options = {}) {
  QByteArray archive, directory;
  for (const auto& [name, content] : records) {
    const auto at = static_cast<quint64>(archive.size());
    const auto size = static_cast<quint64>(content.size());
    QByteArray extra;
    if (options.zip64) {
      put<quint16>(extra, 1);
      put<quint16>(extra, 24);
      for (const quint64 value : {size, size, at}) put(extra, value);
    }
    const auto small = [&](quint64 value) {
      return options.zip64 ? 0xffffffffu : static_cast<quint32>(value);
    };
    const auto common = [&](QByteArray& to) {  // from "version needed" to "extra length"
      put<quint16>(to, 45);
      put(to, options.flags);
      put(to, options.method);
      put<quint32>(to, 0);
      put<quint32>(to, 0);
      put(to, small(size));
      put(to, small(size));
      put(to, static_cast<quint16>(name.size()));
      put(to, static_cast<quint16>(extra.size()));
    };
    archive += "PK\3\4";
    common(archive);
    archive += name + extra + content;
    directory += "PK\1\2";
    put<quint16>(directory, 45);
    common(directory);
    directory += QByteArray(10, '\0');  // comment, disk, attributes
    put(directory, small(at));
    directory += name + extra;
  }
  const auto begin = static_cast<quint64>(archive.size());
  const auto bytes = static_cast<quint64>(directory.size());
  const auto count = static_cast<quint64>(records.size());
  archive += directory;
  if (options.zip64) {
    const auto end64 = static_cast<quint64>(archive.size());
    archive += "PK\6\6";
    put<quint64>(archive, 44);
    archive += QByteArray(12, '\0');
    for (const quint64 value : {count, count, bytes, begin}) put(archive, value);
    archive += "PK\6\7";
    put<quint32>(archive, 0);
    put(archive, end64);
    put<quint32>(archive, 1);
  }
  archive += "PK\5\6";
  put<quint32>(archive, 0);
  const auto few = static_cast<quint16>(options.zip64 ? 0xffff : count);
  put(archive, few);
  put(archive, few);
  put(archive, options.zip64 ? 0xffffffffu : static_cast<quint32>(bytes));
  put(archive, options.zip64 ? 0xffffffffu : static_cast<quint32>(begin));
  put<quint16>(archive, 0);
  return archive;
}

}  // namespace maquette::test
