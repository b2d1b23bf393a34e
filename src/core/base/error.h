#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace maquette {

/// Root of everything Maquette throws on purpose.
///
/// what() is a message for people: what happened and what to try. `detail` is for the log.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, std::string detail = {})
      : std::runtime_error(message), detail_(std::move(detail)) {}
  const std::string& detail() const { return detail_; }

 private:
  std::string detail_;
};

/// A value, mesh or picture that the operation cannot work on.
class InvalidInput : public Error {
 public:
  using Error::Error;
};

/// A file that cannot be read or written.
class FileError : public Error {
 public:
  using Error::Error;
};

/// The work needs more memory than there is, or than the user allows.
class OutOfMemory : public Error {
 public:
  using Error::Error;
};

/// Something this build or machine cannot do (a model without its weights, an unknown format).
class Unsupported : public Error {
 public:
  using Error::Error;
};

/// The user asked to stop. Not an Error: nothing went wrong.
class Cancelled : public std::exception {
 public:
  const char* what() const noexcept override { return "Cancelled"; }
};

}  // namespace maquette
