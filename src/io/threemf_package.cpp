#include "io/threemf_package.h"

#include <expat.h>
#include <spdlog/fmt/fmt.h>
#include <zip.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <type_traits>
#include <vector>

#include "core/base/file_error.h"
#include "io/input_file.h"

namespace maquette::threemf {
namespace {

static_assert(std::is_same_v<XML_Char, char>);

/// Feeds one XML entry through expat. Exceptions must not pass through C, so they wait outside.
class XmlReader {
 public:
  explicit XmlReader(const XmlHandlers& handlers) : handlers_(handlers) {}

  void read(const Package& package, const std::string& entry, const Context& ctx) {
    const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
        XML_ParserCreateNS(nullptr, '|'), &XML_ParserFree);
    if (!parser) throw std::bad_alloc();
    XML_SetUserData(parser.get(), this);
    XML_SetElementHandler(parser.get(), &XmlReader::onStart, &XmlReader::onEnd);
    XML_SetStartDoctypeDeclHandler(parser.get(), &XmlReader::onDoctype);
    parser_ = parser.get();
    package.read(entry, [&](std::string_view piece, float fraction, bool last) {
      const auto status =
          XML_Parse(parser.get(), piece.data(), static_cast<int>(piece.size()), last);
      if (error_) std::rethrow_exception(error_);
      if (status != XML_STATUS_OK)
        throwDamaged(package.file(), fmt::format("is damaged: line {} of its model makes no sense",
                                                 XML_GetCurrentLineNumber(parser.get())));
      ctx.report(fraction);
    });
  }

 private:
  /// Core, materials and production extensions; slicers add their own, which say nothing to us.
  static bool isKnown(std::string_view full) {
    return full.find('|') == full.npos || full.find("/3dmanufacturing/") != full.npos ||
           full.find("/package/2006/") != full.npos;
  }
  static std::string_view local(std::string_view full) { return full.substr(full.rfind('|') + 1); }

  void guarded(const std::function<void()>& work) {
    if (error_) return;
    try {
      work();
    } catch (...) {
      error_ = std::current_exception();
      XML_StopParser(parser_, XML_FALSE);
    }
  }
  static void onStart(void* self, const XML_Char* name, const XML_Char** attributes) {
    auto& reader = *static_cast<XmlReader*>(self);
    if (isKnown(name))
      reader.guarded([&] { reader.handlers_.start(local(name), Attributes(attributes)); });
  }
  static void onEnd(void* self, const XML_Char* name) {
    auto& reader = *static_cast<XmlReader*>(self);
    if (isKnown(name)) reader.guarded([&] { reader.handlers_.end(local(name)); });
  }
  /// 3MF forbids them (core 1.3, 2.3.1); they are good for attacks only.
  static void onDoctype(void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    XML_StopParser(static_cast<XmlReader*>(self)->parser_, XML_FALSE);
  }

  const XmlHandlers& handlers_;
  XML_Parser parser_ = nullptr;
  std::exception_ptr error_;
};

}  // namespace

void Package::Discard::operator()(zip* archive) const { zip_discard(archive); }

Package::Package(const std::filesystem::path& file) : file_(file) {
  { const InputFile check(file); }  // a regular file with something in it
  int code = 0;
  archive_.reset(zip_open(file.c_str(), ZIP_RDONLY, &code));
  if (!archive_) throwDamaged(file, "is not a 3MF file, or it is cut short");
}

void Package::read(const std::string& name,
                   const std::function<void(std::string_view, float, bool last)>& use) const {
  const zip_int64_t index =
      zip_name_locate(archive_.get(), name.c_str() + name.starts_with('/'), ZIP_FL_NOCASE);
  zip_stat_t info{};
  const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> entry(
      index < 0 ? nullptr : zip_fopen_index(archive_.get(), zip_uint64_t(index), 0), &zip_fclose);
  if (!entry || zip_stat_index(archive_.get(), zip_uint64_t(index), 0, &info) != 0)
    throwDamaged(file_, fmt::format("is damaged: {} is missing in it", shownText(name)));
  std::vector<char> piece(1 << 16);
  std::uint64_t done = 0;
  while (true) {
    const zip_int64_t got = zip_fread(entry.get(), piece.data(), piece.size());
    if (got < 0) throwDamaged(file_, "is damaged: it cannot be unpacked");
    done += std::uint64_t(got);
    const float size = std::max<float>(1.f, static_cast<float>(info.size));
    use({piece.data(), std::size_t(got)}, std::min(1.f, static_cast<float>(done) / size), got == 0);
    if (got == 0) return;
  }
}

std::string_view Attributes::operator[](std::string_view name) const {
  for (const XML_Char** at = pairs_; *at; at += 2) {
    const std::string_view full = *at;
    const std::size_t bar = full.rfind('|');
    if ((bar == full.npos ? full : full.substr(bar + 1)) == name) return at[1];
  }
  return {};
}

void readXml(const Package& package, const std::string& entry, const XmlHandlers& handlers,
             const Context& ctx) {
  XmlReader(handlers).read(package, entry, ctx);
}

}  // namespace maquette::threemf
