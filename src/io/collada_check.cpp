#include "io/collada_check.h"

#include <expat.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include "core/base/file_error.h"
#include "io/input_file.h"

namespace maquette {
namespace {

/// Elements whose whole content is numbers, and the characters these may use.
constexpr std::array<std::string_view, 5> kWholeNumbers{"p", "h", "v", "vcount", "int_array"};
constexpr std::array<std::string_view, 6> kReals{"float_array", "matrix", "translate",
                                                 "rotate",      "scale",  "lookat"};
constexpr std::string_view kInWholeNumbers = "0123456789+- \t\r\n";
constexpr std::string_view kInReals = "0123456789+-.eEnaifNAIF \t\r\n";  // NaN and INF are legal

struct State {
  XML_Parser parser = nullptr;
  std::vector<std::string_view> allowed;  // for each open element; empty means anything
  bool refused = false;
};

std::string_view allowedIn(std::string_view element) {
  const std::string_view local = element.substr(element.rfind(':') + 1);
  if (std::ranges::find(kWholeNumbers, local) != kWholeNumbers.end()) return kInWholeNumbers;
  if (std::ranges::find(kReals, local) != kReals.end()) return kInReals;
  return {};
}

void onStart(void* data, const XML_Char* name, const XML_Char**) {
  static_cast<State*>(data)->allowed.push_back(allowedIn(name));
}

void onEnd(void* data, const XML_Char*) { static_cast<State*>(data)->allowed.pop_back(); }

void onText(void* data, const XML_Char* text, int length) {
  auto& state = *static_cast<State*>(data);
  if (state.allowed.empty() || state.allowed.back().empty()) return;
  const std::string_view content(text, static_cast<std::size_t>(length));
  if (content.find_first_not_of(state.allowed.back()) == content.npos) return;
  state.refused = true;
  XML_StopParser(state.parser, XML_FALSE);
}

}  // namespace

void requireSafeCollada(const std::filesystem::path& file, const Context& ctx) {
  const InputFile input(file);
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreate(nullptr), &XML_ParserFree);
  if (!parser) throw std::bad_alloc();
  State state;
  state.parser = parser.get();
  XML_SetUserData(parser.get(), &state);
  XML_SetElementHandler(parser.get(), &onStart, &onEnd);
  XML_SetCharacterDataHandler(parser.get(), &onText);
  std::vector<char> piece(1 << 18);
  std::uint64_t done = 0;
  while (true) {
    const std::size_t got = input.readAt(done, piece.data(), piece.size());
    done += got;
    const bool last = got < piece.size();
    if (XML_Parse(parser.get(), piece.data(), static_cast<int>(got), last) != XML_STATUS_OK)
      throwDamaged(
          file, fmt::format(
                    "is damaged: line {} {}", XML_GetCurrentLineNumber(parser.get()),
                    state.refused ? "holds something other than numbers" : "of it makes no sense"));
    if (last) return;
    ctx.report(static_cast<float>(done) / static_cast<float>(input.size()));
  }
}

}  // namespace maquette
