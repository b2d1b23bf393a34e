#include "neural/weights/pickle_bytes.h"

#include <spdlog/fmt/fmt.h>

#include "core/base/utf8.h"
#include "neural/weights/mapped_file.h"

namespace maquette {

std::span<const std::byte> PickleBytes::take(std::uint64_t count) {
  if (count > bytes_.size() - at_) damaged("it ends early");
  const auto taken = bytes_.subspan(at_, count);
  at_ += count;
  return taken;
}

std::string_view PickleBytes::text(std::uint64_t count) {
  const auto taken = take(count);
  const std::string_view found(reinterpret_cast<const char*>(taken.data()), taken.size());
  for (std::string_view left = found; !left.empty();) {
    const std::size_t length = characterLength(left);
    if (length == 0) damaged("a text that is not UTF-8");
    left.remove_prefix(length);
  }
  return found;
}

std::string_view PickleBytes::line() {
  const std::string_view left(reinterpret_cast<const char*>(bytes_.data()) + at_,
                              bytes_.size() - at_);
  const std::size_t length = left.find('\n');
  if (length == left.npos) damaged("it ends early");
  at_ += length + 1;
  return left.substr(0, length);
}

void PickleBytes::damaged(const std::string& detail) const {
  throwDamagedWeights(file_, "is damaged: the description of its tensors cannot be read",
                      fmt::format("at byte {} of the pickle: {}", at_, detail));
}

}  // namespace maquette
