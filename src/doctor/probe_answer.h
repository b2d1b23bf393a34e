#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/jobs/context.h"

namespace maquette {

/// What maquette-probe said before it ended, however it ended.
struct ProbeAnswer {
  enum class End {
    done,     ///< it came to its end
    crashed,  ///< a signal, or it went before it had said everything
    tooLong,  ///< it was ended when its time was over
    notStarted
  };
  End end = End::notStarted;
  std::vector<std::pair<std::string, std::string>> said;  ///< key and value, in order
  std::string noise;  ///< the last lines of what libraries wrote besides, or why it did not start

  /// The (last) value of this key; empty if it was not said.
  std::string text(std::string_view key) const;
  bool has(std::string_view key) const;
  double number(std::string_view key) const;  ///< 0 if it was not said
  /// What it was doing last, when it did not come to its end.
  std::string doing() const { return text("doing"); }
};

/// Every line that begins with this byte is "key TAB value"; everything else is noise.
inline constexpr char kProbeMark = '\x01';

/// Takes what a probe writes, piece by piece. Believes nothing: at most 64 KiB are kept.
class ProbeReader {
 public:
  void take(std::string_view bytes);
  bool done() const { return answer_.has("done"); }  ///< it has said everything
  ProbeAnswer answer(ProbeAnswer::End end) &&;

 private:
  void line(std::string_view text);

  std::string rest_;
  std::size_t kept_ = 0;
  ProbeAnswer answer_;
};

/// Runs a probe in a process of its own and waits for it.
///
/// @param subject   what it is to look at: "machine", "neural", "rendering", "classical", "folders"
/// @param deadline  when it is ended
/// @throws Cancelled  within 20 ms; the probe is ended
ProbeAnswer askProbe(const std::filesystem::path& program, const std::string& subject,
                     std::chrono::steady_clock::time_point deadline, const Context& ctx);

}  // namespace maquette
