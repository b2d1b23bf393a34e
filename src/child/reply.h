#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/image/image.h"
#include "core/jobs/context.h"

namespace maquette {

/// What a child read from a file.
struct Reply {
  std::optional<Mesh> mesh;
  std::optional<Image> picture;
  std::vector<std::string> notes;  ///< for people
};

/// What came is no reply of ours: the child was broken off, or somebody else's file led it.
class BrokenReply : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Brings up to `bytes` bytes, at least one; 0 at the end.
using ReplySource = std::function<std::size_t(void* to, std::size_t bytes)>;

/// Reads one reply, believing nothing: memory is taken only for what has arrived.
///
/// The format is ours alone, between two programs of one build: frames that begin with their kind
/// (4 bytes), numbers in the machine's byte order, arrays and texts behind their length (8 bytes).
/// The last frame holds the mesh, the picture or the failure.
///
/// @param mostBytes  of the whole reply
/// @param ctx        is told the child's progress
/// @return  the mesh's arrays have fitting lengths and its indices are in range; the picture has
///          as many pixels as its size says
/// @throws what the child threw: FileError, InvalidInput, OutOfMemory, Unsupported
/// @throws BrokenReply  anything else
Reply readReply(const ReplySource& source, std::uint64_t mostBytes, const Context& ctx);

/// The other side. Safe to use from several threads.
class ReplyWriter {
 public:
  explicit ReplyWriter(int descriptor) : descriptor_(descriptor) {}

  void progress(float fraction, const std::string& stage);
  void note(const std::string& text);
  void mesh(const Mesh& mesh);
  void picture(const Image& image);
  void failure(const std::exception_ptr& error);

 private:
  struct Piece {
    const void* data;
    std::size_t bytes;
  };
  void frame(std::uint32_t kind, const std::vector<Piece>& pieces);
  void send(const void* data, std::size_t bytes);

  int descriptor_;
  std::mutex mutex_;  // one frame at a time
};

}  // namespace maquette
