#pragma once

#include <filesystem>
#include <string>

#include "models/catalogue.h"

namespace maquette {

/// What the user agreed to, and when: a file of their own, shared by the window and maquette-cli.
class LicenceRecord {
 public:
  explicit LicenceRecord(std::filesystem::path file) : file_(std::move(file)) {}

  /// "2026-11-21", or "" when it was not accepted. A damaged file counts as nothing accepted.
  std::string acceptedOn(const std::string& licence) const;

  /// Remembers it with today's date (UTC). @throws FileError  the file cannot be written
  void accept(const Licence& licence) const;

  /// @throws Unsupported  names the licences that are still to be accepted, with their limits
  void requireAccepted(const Catalogue& catalogue, const ModelGroup& group) const;

 private:
  std::filesystem::path file_;
};

/// "not in the European Union, the United Kingdom or South Korea; not for commercial use", or "".
std::string limitsOf(const Licence& licence);

}  // namespace maquette
