#pragma once

#include <QString>
#include <QTemporaryDir>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace maquette::test {

/// A folder that goes away with its test.
class Scratch {
 public:
  std::filesystem::path operator/(const std::string& name) const { return path() / name; }
  std::filesystem::path path() const { return folder_.path().toStdString(); }

  /// Everything in it, hidden files too: what a failed writer left behind.
  std::size_t files() const {
    return std::size_t(std::distance(std::filesystem::directory_iterator(path()), {}));
  }

 private:
  QTemporaryDir folder_;
};

inline std::string contentOf(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void put(const std::filesystem::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary) << content;
}

/// What an exception's message says, or why there is none.
template <class Exception, class Work>
QString messageOf(Work&& work) {
  try {
    work();
  } catch (const Exception& error) {
    return QString::fromUtf8(error.what());
  } catch (const std::exception& error) {
    return QStringLiteral("another exception: ") + QString::fromUtf8(error.what());
  }
  return QStringLiteral("no exception");
}

}  // namespace maquette::test
