#include <algorithm>
#include <cstring>

#include "child/reply.h"
#include "fuzz/fuzz.h"

using namespace maquette;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ReplySource source = [&](void* to, std::size_t bytes) {
    bytes = std::min(bytes, size);
    std::memcpy(to, data, bytes);
    data += bytes;
    size -= bytes;
    return bytes;
  };
  try {
    const Reply reply = readReply(source, std::uint64_t{1} << 40, {});
    if (reply.mesh)
      for (const Triangle& t : reply.mesh->triangles)
        if (std::ranges::max(t) >= reply.mesh->positions.size())
          throw std::logic_error("a vertex that is not there");
  } catch (const BrokenReply&) {
  } catch (const Error&) {  // the child's, with or without words
  }
  return 0;
}
