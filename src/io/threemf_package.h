#pragma once

#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/jobs/context.h"

struct zip;

namespace maquette::threemf {

/// The archive. Entries are found without regard to a leading slash.
class Package {
 public:
  /// @throws FileError  not an archive
  explicit Package(const std::filesystem::path& file);

  /// Calls use(piece, fraction, last) for the entry's content, piece by piece.
  ///
  /// @throws FileError  there is no such entry, or it cannot be unpacked
  void read(const std::string& name,
            const std::function<void(std::string_view, float, bool last)>& use) const;

  const std::filesystem::path& file() const { return file_; }

 private:
  struct Discard {
    void operator()(zip* archive) const;
  };
  std::filesystem::path file_;
  std::unique_ptr<zip, Discard> archive_;
};

/// An XML element's attributes by local name.
class Attributes {
 public:
  /// @param pairs  name, value, name, value, ..., null
  explicit Attributes(const char** pairs) : pairs_(pairs) {}
  /// Empty when absent.
  std::string_view operator[](std::string_view name) const;

 private:
  const char** pairs_;
};

/// What is called for elements that say something to us, by their local names.
struct XmlHandlers {
  std::function<void(std::string_view name, const Attributes&)> start;
  std::function<void(std::string_view name)> end;
};

/// Reads one XML entry of the package.
///
/// @throws FileError  it is missing or makes no sense; and whatever the handlers throw
void readXml(const Package& package, const std::string& entry, const XmlHandlers& handlers,
             const Context& ctx);

}  // namespace maquette::threemf
