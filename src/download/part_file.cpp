#include "download/part_file.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <span>
#include <utility>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/files/atomic_file.h"
#include "core/files/system_calls.h"
#include "models/store.h"

namespace maquette {
namespace {

constexpr const char* kStateMark = "maquette part 1";

/// Four lines: the mark, the address, the validator, the total or nothing.
std::optional<PartState> stateIn(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string mark, total;
  PartState state;
  if (!std::getline(in, mark) || mark != kStateMark) return std::nullopt;
  if (!std::getline(in, state.address) || !std::getline(in, state.validator)) return std::nullopt;
  if (!std::getline(in, total)) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(total.data(), total.data() + total.size(), value);
  if (!total.empty() && (error != std::errc() || end != total.data() + total.size()))
    return std::nullopt;
  if (!total.empty()) state.total = value;
  return state;
}

}  // namespace

PartFile::PartFile(std::filesystem::path target)
    : target_(std::move(target)), part_(partOf(target_)), stateFile_(partStateOf(target_)) {
  std::error_code error;
  std::filesystem::create_directories(target_.parent_path(), error);
  if (error) throwCannotWrite(target_, error.value());
  open();
  // A part whose origin nobody knows is worth nothing.
  if (size_ > 0) {
    if (auto state = stateIn(stateFile_); state && (!state->total || size_ <= *state->total))
      state_ = std::move(*state);
    else
      begin({});
  }
}

PartFile::~PartFile() {
  if (descriptor_ < 0) return;
  if (size_ == 0) {
    ::unlink(part_.c_str());
    ::unlink(stateFile_.c_str());
  }
  ::close(descriptor_);
}

void PartFile::open() {
  for (;;) {
    descriptor_ = ::open(part_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throwCannotWrite(target_, errno);
    struct stat opened {
    }, named{};
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      const int code = errno;
      ::close(std::exchange(descriptor_, -1));
      if (code != EWOULDBLOCK) throwCannotWrite(target_, code);
      throw FileError(fmt::format("{} is already being downloaded, here or by another Maquette. "
                                  "Wait for that, or cancel it.",
                                  shownName(target_)),
                      part_.string());
    }
    // Between opening and locking the name may have passed on to a finished file.
    if (::fstat(descriptor_, &opened) == 0 && ::stat(part_.c_str(), &named) == 0 &&
        opened.st_ino == named.st_ino && opened.st_dev == named.st_dev) {
      size_ = static_cast<std::uint64_t>(opened.st_size);
      return;
    }
    ::close(std::exchange(descriptor_, -1));
  }
}

void PartFile::fail(int code) const {
  if (code == ENOSPC || code == EDQUOT)
    throw FileError(
        fmt::format("{} was not downloaded completely: the disk is full. Free some space "
                    "and go on; what has arrived is kept.",
                    shownName(target_)),
        part_.string());
  throwCannotWrite(target_, code);
}

void PartFile::begin(PartState state) {
  if (::ftruncate(descriptor_, 0) != 0) fail(errno);
  size_ = 0;
  state_ = std::move(state);
  for (std::string* text : {&state_.address, &state_.validator})
    if (text->find_first_of("\r\n") != text->npos) text->clear();
  writeFile(stateFile_,
            fmt::format("{}\n{}\n{}\n{}\n", kStateMark, state_.address, state_.validator,
                        state_.total ? std::to_string(*state_.total) : ""));
}

void PartFile::append(const char* data, std::size_t bytes) {
  const int code = writeAll(descriptor_, std::as_bytes(std::span(data, bytes)), size_);
  if (code != 0) fail(code);
}

void PartFile::finish(const std::function<void(const std::filesystem::path&)>& check) {
  if (systemCalls().fsync(descriptor_) != 0) fail(errno);
  try {
    check(part_);
  } catch (const FileError&) {
    discard();
    throw;
  }
  if (const int code = takePlace(part_, target_, true); code != 0) fail(code);
  ::unlink(stateFile_.c_str());
  ::close(std::exchange(descriptor_, -1));
}

void PartFile::discard() {
  ::unlink(part_.c_str());
  ::unlink(stateFile_.c_str());
  size_ = 0;
  ::close(std::exchange(descriptor_, -1));
}

}  // namespace maquette
