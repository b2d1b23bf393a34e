#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include "core/base/error.h"
#include "io/mesh_file.h"
#include "support/scratch.h"
#include "support/shapes.h"

// Assimp forgets memory when it gives up on a damaged file; LeakSanitizer is told so by this name.
extern "C" const char* __lsan_default_suppressions() { return "leak:libassimp"; }  // NOLINT

namespace maquette::test {

inline ReadResult read(const std::filesystem::path& file) { return readMesh(file, {}, {}); }

/// A tetrahedron of 10 x 20 x 30 centimetres.
inline const std::string kCollada = R"(<?xml version="1.0"?>
<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1"><asset>
<unit name="centimeter" meter="0.01"/><up_axis>Z_UP</up_axis></asset>
<library_geometries><geometry id="g"><mesh><source id="p"><float_array id="pa" count="12">
0 0 0 10 0 0 0 20 0 0 0 30</float_array><technique_common><accessor source="#pa" count="4"
stride="3"><param name="X" type="float"/><param name="Y" type="float"/><param name="Z"
type="float"/></accessor></technique_common></source><vertices id="v"><input
semantic="POSITION" source="#p"/></vertices><triangles count="4"><input semantic="VERTEX"
source="#v" offset="0"/><p>0 2 1 0 1 3 1 2 3 2 0 3</p></triangles></mesh></geometry>
</library_geometries><library_visual_scenes><visual_scene id="s"><node id="n">
<translate>1 2 3</translate><instance_geometry url="#g"/></node></visual_scene>
</library_visual_scenes><scene><instance_visual_scene url="#s"/></scene></COLLADA>)";

/// The same tetrahedron; `up` is 1 for Y, 2 for Z, `scale` centimetres a unit.
inline std::string fbx(int up, const std::string& scale) {
  return "; FBX 7.4.0 project file\nFBXHeaderExtension:  {\n\tFBXHeaderVersion: 1003\n"
         "\tFBXVersion: 7400\n}\nGlobalSettings:  {\n\tVersion: 1000\n\tProperties70:  {\n"
         "\t\tP: \"UpAxis\", \"int\", \"Integer\", \"\"," +
         std::to_string(up) +
         "\n\t\tP: \"UpAxisSign\", \"int\", \"Integer\", \"\",1\n"
         "\t\tP: \"UnitScaleFactor\", \"double\", \"Number\", \"\"," +
         scale +
         "\n\t}\n}\nObjects:  {\n\tGeometry: 1000, \"Geometry::g\", \"Mesh\" {\n"
         "\t\tVertices: *12 {\n\t\t\ta: 0,0,0,10,0,0,0,20,0,0,0,30\n\t\t}\n"
         "\t\tPolygonVertexIndex: *12 {\n\t\t\ta: 0,2,-2,0,1,-4,1,2,-4,2,0,-4\n\t\t}\n"
         "\t\tGeometryVersion: 124\n\t}\n\tModel: 2000, \"Model::m\", \"Mesh\" {\n"
         "\t\tVersion: 232\n\t}\n}\nConnections:  {\n\tC: \"OO\",2000,0\n\tC: "
         "\"OO\",1000,2000\n}\n";
}

/// A good file of every kind, to be spoiled.
inline std::string goodFile(const std::string& extension) {
  const Scratch scratch;
  const auto file = scratch / ("a." + extension);
  if (extension == "dae") return kCollada;
  if (extension == "fbx") return fbx(1, "1");
  if (extension == "gltf") {
    return R"({"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0}],)"
           R"("meshes":[{"primitives":[{"attributes":{"POSITION":0}}]}],"accessors":[{"bufferView":0,)"
           R"("componentType":5126,"count":3,"type":"VEC3","min":[0,0,0],"max":[1,1,0]}],)"
           R"("bufferViews":[{"buffer":0,"byteLength":36}],"buffers":[{"byteLength":36,"uri":)"
           R"("data:application/octet-stream;base64,AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAAAAAAAAgD8AAAAA"}]})";
  }
  writeMesh(file, makeSphere(10, 1), {});
  return contentOf(file);
}

/// Reads or explains itself; anything else is a defect. @return whether it could be read
inline bool readsOrExplains(const std::filesystem::path& file) {
  try {
    requireUsable(read(file).mesh);
    return true;
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.find("“") == message.npos || !message.ends_with('.'))
      throw std::runtime_error("not a message for people: " + message);
    return false;
  }
}

}  // namespace maquette::test
