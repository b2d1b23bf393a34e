// The model file within a package: behind the archive's checksums a fuzzer would never reach it.

#include "core/files/atomic_file.h"
#include "core/geometry/mesh.h"
#include "fuzz/fuzz.h"
#include "io/threemf.h"
#include "io/zip_writer.h"

using namespace maquette;

namespace {

void writePackage(const std::filesystem::path& file, std::string_view model) {
  AtomicFile out(file);
  ZipWriter zip(out);
  zip.begin("_rels/.rels");
  zip.write("<Relationships><Relationship Target=\"/m\" Type=\"x/3dmodel\"/></Relationships>");
  zip.begin("m");
  zip.write(model);
  zip.finish();
  out.commit();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::InputOnDisk input("3mf");
  writePackage(input.path(), fuzz::textOf(data, size));
  fuzz::readOrExplain([&] {
    const Mesh mesh = readThreeMf(input.path(), {}, {}).mesh;
    if (!mesh.triangles.empty()) requireUsable(mesh);
  });
  return 0;
}
