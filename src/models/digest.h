#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace maquette {

/// Sums up bytes as they come.
class Digest {
 public:
  enum class Kind { sha256, md5 };
  explicit Digest(Kind kind = Kind::sha256);
  ~Digest();
  Digest(Digest&&) noexcept;

  void add(const void* data, std::size_t bytes);
  std::string hex();  ///< lower case; nothing can be added after

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace maquette
