#include <QtTest>
#include <cstring>
#include <limits>

#include "core/files/atomic_file.h"
#include "core/geometry/bounds.h"
#include "core/geometry/measures.h"
#include "io/mesh_samples.h"
#include "io/zip_writer.h"

using namespace maquette;
using namespace maquette::test;

namespace {

void writePackage(const std::filesystem::path& file, const std::string& model) {
  AtomicFile out(file);
  ZipWriter zip(out);
  zip.begin("_rels/.rels");
  zip.write(
      R"(<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">)"
      R"(<Relationship Target="/3D/3dmodel.model" Id="rel0" Type="http://schemas.microsoft)"
      R"(.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>)");
  zip.begin("3D/3dmodel.model");
  zip.write(model);
  zip.finish();
  out.commit();
}

const std::string kTetrahedron =
    "<mesh><vertices><vertex x=\"0\" y=\"0\" z=\"0\"/><vertex x=\"10\" y=\"0\" z=\"0\"/>"
    "<vertex x=\"0\" y=\"20\" z=\"0\"/><vertex x=\"0\" y=\"0\" z=\"30\"/></vertices><triangles>"
    "<triangle v1=\"0\" v2=\"2\" v3=\"1\"/><triangle v1=\"0\" v2=\"1\" v3=\"3\"/>"
    "<triangle v1=\"1\" v2=\"2\" v3=\"3\"/><triangle v1=\"2\" v2=\"0\" "
    "v3=\"3\"/></triangles></mesh>";

std::string model(const std::string& unit, const std::string& body) {
  return "<model unit=\"" + unit +
         "\" xmlns=\"http://schemas.microsoft.com/3dmanufacturing/core/2015/02\">" + body +
         "</model>";
}

std::string binaryStl(std::uint32_t promised, std::uint32_t held, float coordinate = 1.f) {
  std::string stl(80, ' ');
  stl.append(reinterpret_cast<const char*>(&promised), 4);
  for (std::uint32_t f = 0; f < held; ++f) {
    const float record[12] = {0, 0, 1, 0, 0, 0, coordinate, 0, 0, 0, float(f + 1), 0};
    stl.append(reinterpret_cast<const char*>(record), sizeof record).append(2, '\0');
  }
  return stl;
}

}  // namespace

/// What each format says, and what of it is not believed.
class TstMeshReading : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void unknownExtensionsAreNamed() {
    const Scratch scratch;
    put(scratch / "a.xyz", "hello");
    QVERIFY(messageOf<Unsupported>([&] { read(scratch / "a.xyz"); }).contains("“a.xyz”"));
    QVERIFY(messageOf<Unsupported>([&] {
              writeMesh(scratch / "b.fbx", makeCube(1), {});
            }).contains("does not write"));
    QVERIFY(looksLikeMesh("A.STL") && looksLikeMesh("/x/y.GlTf") && !looksLikeMesh("stl"));
  }

  void aBinaryStlMayBeginWithSolid() {
    const Scratch scratch;
    std::string stl = binaryStl(3, 3);
    std::memcpy(stl.data(), "solid facet normal", 18);
    put(scratch / "a.stl", stl);
    QCOMPARE(read(scratch / "a.stl").mesh.triangles.size(), 3u);
  }

  void lyingStlHeadersAreExplained() {
    const Scratch scratch;
    put(scratch / "a.stl", binaryStl(1000, 512));
    const QString message = messageOf<FileError>([&] { read(scratch / "a.stl"); });
    QVERIFY2(message.contains("1000") && message.contains("512"), qPrintable(message));
    put(scratch / "a.stl", binaryStl(0xffffffffu, 2));
    QVERIFY(messageOf<FileError>([&] { read(scratch / "a.stl"); }).contains("cut short"));
    put(scratch / "a.stl", binaryStl(0, 5));
    QVERIFY(messageOf<FileError>([&] { read(scratch / "a.stl"); }).contains("no triangles"));
    put(scratch / "a.stl", binaryStl(0, 0));
    QVERIFY(messageOf<InvalidInput>([&] { read(scratch / "a.stl"); }).contains("no triangles"));
    put(scratch / "a.stl", binaryStl(4, 4) + "colours of some other program");
    QCOMPARE(read(scratch / "a.stl").mesh.triangles.size(), 4u);
  }

  void asciiStlInTheOrderOfTheFile() {
    const Scratch scratch;
    const std::string facet =
        "facet normal 0 0 1\r\n outer loop\r\n  vertex 0 0 0\r\n  vertex +1.5 0 0\r\n"
        "  VERTEX 0 2e0 0\r\n endloop\r\nendfacet\r\n";
    put(scratch / "a.stl", "solid a name\r\n" + facet + facet + "endsolid\r\n");
    const Mesh mesh = read(scratch / "a.stl").mesh;
    QCOMPARE(mesh.triangles.size(), 2u);
    QCOMPARE(mesh.positions.size(), 3u);
    QCOMPARE(areaOf(mesh), 3.);
    put(scratch / "b.stl", "solid a name\r\n" + facet + facet);
    QVERIFY(messageOf<FileError>([&] { read(scratch / "b.stl"); }).contains("cut short"));
  }

  void coordinatesThatAreNoNumbers() {
    const Scratch scratch;
    put(scratch / "a.stl", binaryStl(2, 2, std::numeric_limits<float>::quiet_NaN()));
    put(scratch / "b.stl", binaryStl(2, 2, std::numeric_limits<float>::infinity()));
    put(scratch / "c.obj", "v 0 0 0\nv 1 0 0\nv 0 nan 0\nf 1 2 3\n");
    put(scratch / "d.obj", "v 0 0 0\nv 1 0 0\nv 0 1e99 0\nf 1 2 3\n");
    put(scratch / "e.ply",
        "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty "
        "float z\nelement face 1\nproperty list uchar int vertex_index\nend_header\n0 0 0\n1 0 0\n"
        "0 inf 0\n3 0 1 2\n");
    for (const char* name : {"a.stl", "b.stl", "c.obj", "d.obj", "e.ply"}) {
      const QString message = messageOf<InvalidInput>([&] { read(scratch / name); });
      QVERIFY2(message.contains("not a number") && message.contains(name), qPrintable(message));
    }
    put(scratch / "f.obj", "v 0 0 0\nv 1 0 0\nv 0 1e-60 1\nf 1 2 3\n");
    QCOMPARE(read(scratch / "f.obj").mesh.positions[2].y, 0.f);
  }

  void meshesThatNobodyCouldSee() {
    const Scratch scratch;
    // A line; a point thrice; a line that is turned; a line far away; one that was scaled to
    // nothing.
    put(scratch / "a.obj", "v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n");
    put(scratch / "b.obj", "v 5 5 5\nf 1 1 1\n");
    put(scratch / "c.obj", "v 0.1 0.2 0.3\nv 1.1 1.9 2.5\nv 2.1 3.6 4.7\nf 1 2 3\nf 3 2 1\n");
    put(scratch / "d.obj", "v 90000 7 0\nv 90001 7 0\nv 90002 7 0\nf 1 2 3\n");
    Mesh line = makeSphere(10, 3);
    for (Vec3& p : line.positions) p.y = p.z = 0.f;
    writeMesh(scratch / "e.ply", line, {});
    writeMesh(scratch / "f.glb", line, {});  // by Assimp, in a process of its own
    for (const char* name : {"a.obj", "b.obj", "c.obj", "d.obj", "e.ply", "f.glb"}) {
      const QString message = messageOf<InvalidInput>([&] { read(scratch / name); });
      QVERIFY2(message.contains("has no area") && message.contains(name) &&
                   message.contains("Export it again"),
               qPrintable(message));
    }
    // Small, thin and far away is not nothing.
    put(scratch / "g.obj", "v 9000 0 0\nv 9000.01 0 0\nv 9000 0.01 0\nf 1 2 3\n");
    Mesh wire = makeCylinder(0.001f, 100.f, 8, 1);
    writeMesh(scratch / "h.stl", wire, {});
    for (const char* name : {"g.obj", "h.stl"}) QVERIFY(areaOf(read(scratch / name).mesh) > 0.);
  }

  void flatMeshesAreSaidToBeFlat() {
    const Scratch scratch;
    const auto saysFlat = [&](const char* name) {
      const auto notes = read(scratch / name).notes;
      return std::ranges::count_if(notes, [](const std::string& note) {
        return note.find("flat") != note.npos && note.find("Give it thickness") != note.npos;
      });
    };
    put(scratch / "a.obj", "v 0 0 0\nv 10 0 0\nv 0 10 0\nf 1 2 3\n");
    put(scratch / "b.obj", "v 0 0 1\nv 10 0 4\nv 0 10 2\nv 10 10 5\nf 1 2 3\nf 4 3 2\n");
    Mesh flat = makeSphere(10, 3);
    for (Vec3& p : flat.positions) p.z = 0.2f * p.x;
    writeMesh(scratch / "c.glb", flat, {});
    for (const char* name : {"a.obj", "b.obj", "c.glb"}) QCOMPARE(saysFlat(name), 1);
    put(scratch / "d.obj", "v 0 0 0\nv 10 0 0\nv 0 10 0\nv 10 10 1\nf 1 2 3\nf 4 3 2\n");
    writeMesh(scratch / "e.stl", makeBox({100, 100, 0.01f}, 3), {});
    for (const char* name : {"d.obj", "e.stl"}) QCOMPARE(saysFlat(name), 0);
  }

  void objFacesInTheOrderOfTheFile() {
    const Scratch scratch;
    put(scratch / "a.obj",
        "mtllib missing.mtl\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 0 0 1\nvt 0 0\nvn 0 0 1\n"
        "usemtl red\nf 1/1/1 2/1/1 3/1/1 \\\n 4/1/1\nusemtl blue\nf -5//1 -4//1 -1//1\nusemtl red\n"
        "f 2 3 5\nl 1 2\np 1\n");
    const Mesh mesh = read(scratch / "a.obj").mesh;
    const std::vector<Triangle> expected{{0, 1, 2}, {0, 2, 3}, {0, 1, 4}, {1, 2, 4}};
    QVERIFY(mesh.triangles == expected);
    QVERIFY(mesh.colours.empty());
  }

  void objIndicesOutOfRange() {
    const Scratch scratch;
    for (const char* face :
         {"f 1 2 4", "f 0 1 2", "f -4 1 2", "f 1 2", "f 1 2 x", "f 1 2 99999999999999999999"}) {
      put(scratch / "a.obj", std::string("v 0 0 0\nv 1 0 0\nv 0 1 0\n") + face + "\n");
      const QString message = messageOf<FileError>([&] { read(scratch / "a.obj"); });
      QVERIFY2(message.contains("line 4"), qPrintable(message));
    }
  }

  void pointCloudsHaveNoTriangles() {
    const Scratch scratch;
    put(scratch / "a.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\n");
    put(scratch / "a.ply",
        "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty "
        "float z\nend_header\n0 0 0\n");
    for (const char* name : {"a.obj", "a.ply"})
      QVERIFY(messageOf<InvalidInput>([&] { read(scratch / name); }).contains("no triangles"));
  }

  void plyOfEveryKind() {
    const Scratch scratch;
    put(scratch / "a.ply",
        "ply\r\nformat ascii 1.0\r\ncomment x\r\nelement vertex 4\r\nproperty double x\r\nproperty "
        "float y\r\nproperty float z\r\nproperty uchar red\r\nproperty uchar green\r\nproperty "
        "uchar blue\r\nelement edge 1\r\nproperty int a\r\nelement face 1\r\nproperty uchar "
        "flags\r\nproperty list uint8 int32 vertex_index\r\nend_header\r\n0 0 0 1 2 3\r\n\r\n1 0 0 "
        "4 5 6\r\n1 1 0 7 8 9\r\n0 1 0 10 11 12\r\n7\r\n9 4 0 1 2 3\r\n");
    const Mesh ascii = read(scratch / "a.ply").mesh;
    QCOMPARE(areaOf(ascii), 1.);
    QVERIFY((ascii.colours[3] == Rgb{10, 11, 12}));
    std::string big =
        "ply\nformat binary_big_endian 1.0\nelement vertex 3\nproperty short x\nproperty short "
        "y\nproperty short z\nelement face 1\nproperty list uchar ushort vertex_indices\n"
        "end_header\n";
    for (const int n : {0, 0, 0, 300, 0, 0, 0, -2, 0}) big += {char(n >> 8), char(n)};
    big += {3, 0, 0, 0, 1, 0, 2};
    put(scratch / "b.ply", big);
    QCOMPARE(areaOf(read(scratch / "b.ply").mesh), 300.);
    big.back() = 3;
    put(scratch / "b.ply", big);
    QVERIFY(messageOf<FileError>([&] { read(scratch / "b.ply"); }).contains("vertex 3 of 3"));
  }

  void lyingPlyHeadersCostNothing() {
    const Scratch scratch;
    const std::string rest = "\nproperty float x\nend_header\n0\n";
    for (const char* count :
         {"4000000000", "9223372036854775807", "-1", "x", "99999999999999999999"}) {
      put(scratch / "a.ply", std::string("ply\nformat ascii 1.0\nelement vertex ") + count + rest);
      QVERIFY(!readsOrExplains(scratch / "a.ply"));
      put(scratch / "a.ply",
          std::string("ply\nformat binary_little_endian 1.0\nelement vertex ") + count + rest);
      QVERIFY(!readsOrExplains(scratch / "a.ply"));
    }
  }

  void unitsOf3mf() {
    const Scratch scratch;
    const std::string body = "<resources><object id=\"1\" type=\"model\">" + kTetrahedron +
                             "</object></resources><build><item objectid=\"1\" transform=\"1 0 0 0 "
                             "1 0 0 0 1 100 0 0\"/></build>";
    writePackage(scratch / "a.3mf", model("inch", body));
    const ReadResult inch = read(scratch / "a.3mf");
    QVERIFY(inch.notes.empty());
    QVERIFY(std::abs(boundsOf(inch.mesh).min.x - 2540.f) < 1e-2f);
    QVERIFY(std::abs(boundsOf(inch.mesh).size().z - 762.f) < 1e-2f);
    const ReadResult told = readMesh(scratch / "a.3mf", {.mmPerUnit = 2.f}, {});
    QCOMPARE(boundsOf(told.mesh).size().z, 60.f);
    writePackage(scratch / "a.3mf", model("parsec", body));
    QVERIFY(messageOf<FileError>([&] { read(scratch / "a.3mf"); }).contains("parsec"));
  }

  void componentsOf3mf() {
    const Scratch scratch;
    writePackage(
        scratch / "a.3mf",
        model(
            "millimeter",
            "<resources><basematerials id=\"9\"><base name=\"a\" displaycolor=\"#FF8000\"/><base "
            "name=\"b\" displaycolor=\"#0000ffff\"/></basematerials><object id=\"1\" pid=\"9\" "
            "pindex=\"0\">" +
                kTetrahedron +
                "</object><object id=\"2\"><components><component objectid=\"1\" transform=\"-2 0 "
                "0 0 1 0 0 0 1 5 0 0\"/></components></object><object id=\"3\" pid=\"9\" "
                "pindex=\"1\">" +
                kTetrahedron + "</object><object id=\"4\">" + kTetrahedron +
                "</object></resources><build><item objectid=\"2\" transform=\"1 0 0 0 1 0 0 0 1 0 "
                "7 "
                "0\"/><item objectid=\"3\"/></build>"));
    const Mesh mesh = read(scratch / "a.3mf").mesh;
    QCOMPARE(mesh.triangles.size(), 8u);               // object 4 is in no item
    QVERIFY(std::abs(volumeOf(mesh) - 3000.) < 1e-3);  // the mirrored one is not inside out
    QVERIFY((boundsOf(mesh).min == Vec3{-15, 0, 0}));
    QVERIFY((mesh.colours.front() == Rgb{255, 128, 0}));
    QVERIFY((mesh.colours.back() == Rgb{0, 0, 255}));
  }

  void hostile3mf() {
    const Scratch scratch;
    const std::string tail = "</resources><build><item objectid=\"1\"/></build>";
    std::string doubling;  // 2^60 tetrahedra in sixty lines
    for (int i = 1; i <= 60; ++i) {
      const std::string next = std::to_string(i + 1);
      doubling += "<object id=\"" + std::to_string(i) + "\"><components><component objectid=\"" +
                  next + "\"/><component objectid=\"" + next + "\"/></components></object>";
    }
    const std::string bad[] = {
        "<resources><object id=\"1\"><components><component "
        "objectid=\"1\"/></components></object>" +
            tail,
        "<resources>" + doubling + "<object id=\"61\">" + kTetrahedron + "</object>" + tail,
        "<resources><object id=\"1\"><mesh><vertices><vertex x=\"0\" y=\"0\" z=\"0\"/></vertices>"
        "<triangles><triangle v1=\"0\" v2=\"0\" v3=\"1\"/></triangles></mesh></object>" +
            tail,
        "<resources><object id=\"1\"><mesh><vertices><vertex x=\"a\"/></vertices></mesh></object>" +
            tail,
        "<resources>" + tail,
        "<resources></resources><build/>",
        "<resources><object id=\"1\"><components><component "
        "objectid=\"7\"/></components></object>" +
            tail};
    for (const std::string& body : bad) {
      writePackage(scratch / "a.3mf", model("millimeter", body));
      QVERIFY(!readsOrExplains(scratch / "a.3mf"));
    }
    writePackage(scratch / "a.3mf",
                 "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;\">]>" +
                     model("millimeter", "<resources/><build/>"));
    QVERIFY(!readsOrExplains(scratch / "a.3mf"));
  }

  void unitsAndAxesOfCollada() {
    const Scratch scratch;
    put(scratch / "a.dae", kCollada);
    const Bounds zUp = boundsOf(read(scratch / "a.dae").mesh);
    QVERIFY(length(zUp.min - Vec3{10, 20, 30}) < 1e-3f);
    QVERIFY(length(zUp.size() - Vec3{100, 200, 300}) < 1e-3f);
    const Mesh told = readMesh(scratch / "a.dae", {.mmPerUnit = 1.f}, {}).mesh;
    QVERIFY(length(boundsOf(told).size() - Vec3{10, 20, 30}) < 1e-3f);
    std::string yUp = kCollada;
    put(scratch / "b.dae", yUp.replace(yUp.find("Z_UP"), 4, "Y_UP"));
    const Mesh turned = read(scratch / "b.dae").mesh;
    QVERIFY(length(boundsOf(turned).size() - Vec3{100, 300, 200}) < 1e-3f);
    QVERIFY(volumeOf(turned) > 0.);
  }

  void lettersAmongColladasNumbersAreRefused() {
    const Scratch scratch;
    for (const auto& [truth, lie] : {std::pair{"<p>0 2 1", "<p>0 x 1"},
                                     {"0 0 0 10", "0 0 0 10;"},
                                     {"<translate>1", "<translate>one"}}) {
      std::string spoiled = kCollada;
      put(scratch / "a.dae", spoiled.replace(spoiled.find(truth), std::strlen(truth), lie));
      const QString message = messageOf<FileError>([&] { read(scratch / "a.dae"); });
      QVERIFY2(message.contains("other than numbers"), qPrintable(message));
    }
  }

  void unitsAndAxesOfFbx() {
    const Scratch scratch;
    put(scratch / "a.fbx", fbx(1, "0.1"));
    const Mesh yUp = read(scratch / "a.fbx").mesh;
    QVERIFY(length(boundsOf(yUp).size() - Vec3{10, 30, 20}) < 1e-4f);
    QVERIFY(std::abs(volumeOf(yUp) - 1000.) < 1e-2);
    put(scratch / "a.fbx", fbx(2, "100"));
    QVERIFY(length(boundsOf(read(scratch / "a.fbx").mesh).size() - Vec3{10000, 20000, 30000}) <
            1.f);
  }

  void unitsOfFilesThatNameNone() {
    const Scratch scratch;
    writeMesh(scratch / "a.stl", makeCube(3), {});
    QCOMPARE(read(scratch / "a.stl").notes.size(), 1u);
    const ReadResult inches = readMesh(scratch / "a.stl", {.mmPerUnit = 25.4f}, {});
    QVERIFY(inches.notes.empty());
    QVERIFY(std::abs(boundsOf(inches.mesh).size().x - 76.2f) < 1e-4f);
    for (const float scale : {0.f, -1.f, std::numeric_limits<float>::quiet_NaN()})
      QVERIFY_EXCEPTION_THROWN(readMesh(scratch / "a.stl", {.mmPerUnit = scale}, {}), InvalidInput);
  }

  void lyingGltfIsExplained() {
    const Scratch scratch;
    const std::string whole = goodFile("gltf");
    const std::pair<std::string, std::string> lies[] = {
        {"\"count\":3", "\"count\":4000000000"},
        {"\"count\":3", "\"count\":300"},
        {"\"bufferView\":0", "\"bufferView\":7"},
        {"\"byteLength\":36}],\"buffers\"", "\"byteLength\":3600}],\"buffers\""},
        {"\"mesh\":0", "\"mesh\":3"},
        {"\"POSITION\":0", "\"POSITION\":9"},
        {"\"nodes\":[{\"mesh\":0}]", "\"nodes\":[{\"mesh\":0,\"children\":[0]}]"},
        {"\"uri\":\"data:application/octet-stream;base64,", "\"uri\":\"/dev/zero\",\"x\":\""}};
    for (const auto& [truth, lie] : lies) {
      std::string spoiled = whole;
      const std::size_t at = spoiled.find(truth);
      QVERIFY(at != spoiled.npos);
      put(scratch / "a.gltf", spoiled.replace(at, truth.size(), lie));
      QVERIFY2(!readsOrExplains(scratch / "a.gltf"), lie.c_str());
    }
  }
};

QTEST_GUILESS_MAIN(TstMeshReading)
#include "tst_mesh_reading.moc"
