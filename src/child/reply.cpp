#include "child/reply.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <new>
#include <string_view>
#include <type_traits>

#include "core/base/error.h"

namespace maquette {
namespace {

enum Kind : std::uint32_t { kProgress = 1, kNote, kMesh, kPicture, kFailure };
enum Failure : std::uint32_t { kFileError = 1, kInvalidInput, kOutOfMemory, kUnsupported };

constexpr std::uint64_t kMostTextBytes = 1 << 16;
constexpr std::uint64_t kMostSmallFrames = 1 << 20;  // progress and notes of one reply
constexpr std::size_t kSliceBytes = std::size_t{4} << 20;
constexpr int kLongestSide = 1 << 15;

/// Takes values off the source and keeps count.
class Input {
 public:
  Input(const ReplySource& source, std::uint64_t mostBytes) : source_(source), left_(mostBytes) {}

  void bytes(void* to, std::size_t count) {
    if (count > left_) throw BrokenReply("it is longer than it may be");
    left_ -= count;
    for (auto* at = static_cast<char*>(to); count > 0;) {
      const std::size_t got = source_(at, count);
      if (got == 0 || got > count) throw BrokenReply("it breaks off");
      at += got;
      count -= got;
    }
  }
  template <class T>
  T value() {
    static_assert(std::is_arithmetic_v<T>);
    T result{};
    bytes(&result, sizeof result);
    return result;
  }
  std::string text(std::uint64_t length) {
    if (length > kMostTextBytes) throw BrokenReply("a text is too long");
    std::string result(length, '\0');
    bytes(result.data(), result.size());
    return result;
  }
  std::string text() { return text(value<std::uint64_t>()); }

  /// Grows as the elements arrive: a length alone buys no memory.
  template <class T>
  std::vector<T> array(std::uint64_t most) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto count = value<std::uint64_t>();
    if (count > most || count > left_ / sizeof(T)) throw BrokenReply("an array is too long");
    std::vector<T> result;
    while (result.size() < count) {
      const std::size_t had = result.size();
      const std::size_t more = std::min<std::uint64_t>(kSliceBytes / sizeof(T), count - had);
      result.resize(had + more);
      bytes(result.data() + had, more * sizeof(T));
    }
    return result;
  }

 private:
  const ReplySource& source_;
  std::uint64_t left_;
};

Mesh takeMesh(Input& input) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  Mesh mesh;
  mesh.positions = input.array<Vec3>(kMost);
  mesh.triangles = input.array<Triangle>(kMost);
  mesh.normals = input.array<Vec3>(mesh.positions.size());
  mesh.colours = input.array<Rgb>(mesh.positions.size());
  const auto fits = [&](std::size_t n) { return n == 0 || n == mesh.positions.size(); };
  if (!fits(mesh.normals.size()) || !fits(mesh.colours.size()))
    throw BrokenReply("not one attribute a vertex");
  for (const Triangle& t : mesh.triangles)
    for (const std::uint32_t v : t)
      if (v >= mesh.positions.size()) throw BrokenReply("a vertex that is not there");
  return mesh;
}

Image takePicture(Input& input) {
  Image image;
  image.width = input.value<std::int32_t>();
  image.height = input.value<std::int32_t>();
  if (image.width < 1 || image.height < 1 || image.width > kLongestSide ||
      image.height > kLongestSide)
    throw BrokenReply("a picture of that size");
  const auto pixels = std::uint64_t(image.width) * std::uint64_t(image.height);
  image.pixels = input.array<Rgba>(pixels);
  if (image.pixels.size() != pixels) throw BrokenReply("not as many pixels as its size says");
  return image;
}

[[noreturn]] void throwFailure(Input& input) {
  const auto kind = input.value<std::uint32_t>();
  const std::string message = input.text(), detail = input.text();
  switch (kind) {
    case kFileError:
      throw FileError(message, detail);
    case kInvalidInput:
      throw InvalidInput(message, detail);
    case kOutOfMemory:
      throw OutOfMemory(message, detail);
    case kUnsupported:
      throw Unsupported(message, detail);
    default:
      throw BrokenReply("an unknown failure");
  }
}

void putText(std::string& to, std::string_view text) {
  text = text.substr(0, kMostTextBytes);
  const std::uint64_t length = text.size();
  to.append(reinterpret_cast<const char*>(&length), sizeof length).append(text);
}

}  // namespace

Reply readReply(const ReplySource& source, std::uint64_t mostBytes, const Context& ctx) {
  Input input(source, mostBytes);
  Reply reply;
  std::string stage;
  for (std::uint64_t frames = 0; frames < kMostSmallFrames; ++frames) {
    switch (input.value<std::uint32_t>()) {
      case kProgress: {
        const float fraction = input.value<float>();
        if (!(fraction >= 0.f && fraction <= 1.f)) throw BrokenReply("progress out of range");
        const std::string now = input.text();
        if (!now.empty() && now != stage) ctx.stage(stage = now);
        ctx.report(fraction);
        break;
      }
      case kNote:
        reply.notes.push_back(input.text());
        break;
      case kMesh:
        reply.mesh = takeMesh(input);
        return reply;
      case kPicture:
        reply.picture = takePicture(input);
        return reply;
      case kFailure:
        throwFailure(input);
      default:
        throw BrokenReply("an unknown frame");
    }
  }
  throw BrokenReply("it never ends");
}

void ReplyWriter::send(const void* data, std::size_t bytes) {
  for (const auto* at = static_cast<const char*>(data); bytes > 0;) {
    const ssize_t done = ::write(descriptor_, at, bytes);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) throw std::runtime_error("nobody reads the reply");
    at += done;
    bytes -= static_cast<std::size_t>(done);
  }
}

void ReplyWriter::frame(std::uint32_t kind, const std::vector<Piece>& pieces) {
  const std::lock_guard lock(mutex_);
  send(&kind, sizeof kind);
  for (const Piece& piece : pieces) send(piece.data, piece.bytes);
}

void ReplyWriter::progress(float fraction, const std::string& stage) {
  fraction = fraction >= 0.f ? std::min(fraction, 1.f) : 0.f;
  std::string body(reinterpret_cast<const char*>(&fraction), sizeof fraction);
  putText(body, stage);
  frame(kProgress, {{body.data(), body.size()}});
}

void ReplyWriter::note(const std::string& text) {
  std::string body;
  putText(body, text);
  frame(kNote, {{body.data(), body.size()}});
}

void ReplyWriter::mesh(const Mesh& mesh) {
  const std::uint64_t counts[4] = {mesh.positions.size(), mesh.triangles.size(),
                                   mesh.normals.size(), mesh.colours.size()};
  frame(kMesh, {{&counts[0], 8},
                {mesh.positions.data(), mesh.positions.size() * sizeof(Vec3)},
                {&counts[1], 8},
                {mesh.triangles.data(), mesh.triangles.size() * sizeof(Triangle)},
                {&counts[2], 8},
                {mesh.normals.data(), mesh.normals.size() * sizeof(Vec3)},
                {&counts[3], 8},
                {mesh.colours.data(), mesh.colours.size() * sizeof(Rgb)}});
}

void ReplyWriter::picture(const Image& image) {
  const std::int32_t size[2] = {image.width, image.height};
  const std::uint64_t count = image.pixels.size();
  frame(kPicture, {{size, sizeof size}, {&count, 8}, {image.pixels.data(), count * sizeof(Rgba)}});
}

void ReplyWriter::failure(const std::exception_ptr& error) {
  std::uint32_t kind = kFileError;
  std::string message, detail;
  const auto say = [&](std::uint32_t as, const Error& what) {
    kind = as;
    message = what.what();
    detail = what.detail();
  };
  try {
    std::rethrow_exception(error);
  } catch (const InvalidInput& what) {
    say(kInvalidInput, what);
  } catch (const OutOfMemory& what) {
    say(kOutOfMemory, what);
  } catch (const Unsupported& what) {
    say(kUnsupported, what);
  } catch (const Error& what) {
    say(kFileError, what);
  } catch (const std::bad_alloc&) {
    kind = kOutOfMemory;  // without words: the parent finds them
  } catch (const std::exception& what) {
    detail = what.what();
  }
  std::string body(reinterpret_cast<const char*>(&kind), sizeof kind);
  putText(body, message);
  putText(body, detail);
  frame(kFailure, {{body.data(), body.size()}});
}

}  // namespace maquette
