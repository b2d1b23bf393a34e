#include <QtTest>
#include <cmath>
#include <cstring>
#include <memory>
#include <thread>

#include "core/base/error.h"
#include "core/geometry/bounds.h"
#include "core/geometry/measures.h"
#include "core/geometry/topology.h"
#include "core/geometry/weld.h"
#include "io/mesh_file.h"
#include "support/scratch.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

namespace {

/// No symmetry: a mix-up of axes, mirroring or units shows in every figure.
Mesh makeWedge() {
  Mesh mesh;
  mesh.positions = {{0, 0, 0}, {10, 0, 0}, {0, 20, 0}, {1.1f, 2.3f, 35.7f}};
  mesh.triangles = {{0, 2, 1}, {0, 1, 3}, {1, 2, 3}, {2, 0, 3}};
  return mesh;
}

Mesh makeColoured(Mesh mesh) {
  for (std::size_t v = 0; v < mesh.positions.size(); ++v)
    mesh.colours.push_back({std::uint8_t(v * 7), std::uint8_t(255 - v % 256), std::uint8_t(v / 3)});
  return mesh;
}

/// The coordinates of every corner in the order of the triangles.
std::vector<Vec3> cornersOf(const Mesh& mesh) {
  std::vector<Vec3> corners;
  for (const Triangle& t : mesh.triangles)
    for (const std::uint32_t v : t) corners.push_back(mesh.positions[v]);
  return corners;
}

std::vector<Rgb> cornerColoursOf(const Mesh& mesh) {
  std::vector<Rgb> colours;
  for (const Triangle& t : mesh.triangles)
    for (const std::uint32_t v : t) colours.push_back(mesh.colours[v]);
  return colours;
}

NamedPart part(const std::string& name, Mesh mesh, Rgb colour = {200, 100, 50}) {
  return {name, std::make_shared<const Mesh>(std::move(mesh)), colour};
}

ReadResult read(const std::filesystem::path& file) { return readMesh(file, {}, {}); }

}  // namespace

class TstMeshFormats : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyFormatGivesBackTheSameTriangles_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"a.stl", "a.obj", "a.ply", "a.glb", "a.3mf", "A.STL", "a b'\"ü😀.glb"})
      QTest::newRow(name) << name;
  }
  void everyFormatGivesBackTheSameTriangles() {
    QFETCH(QString, name);
    const Scratch scratch;
    const auto file = scratch / name.toStdString();
    for (const Mesh& mesh : {makeWedge(), makeSphere(31.7f, 4), makeTorus(20, 7, 60, 30)}) {
      writeMesh(file, mesh, {});
      QCOMPARE(scratch.files(), 1u);
      const ReadResult back = read(file);
      QCOMPARE(back.mesh.triangles.size(), mesh.triangles.size());
      QVERIFY(cornersOf(back.mesh) == cornersOf(mesh));
      QCOMPARE(volumeOf(back.mesh), volumeOf(mesh));
      QCOMPARE(areaOf(back.mesh), areaOf(mesh));
      QVERIFY(examine(back.mesh).closedManifold());
      QCOMPARE(examine(back.mesh).genus(), examine(mesh).genus());
      QVERIFY(back.mesh.colours.empty());
    }
  }

  void coloursSurviveExactly_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"a.obj", "a.ply", "a.glb"}) QTest::newRow(name) << name;
  }
  void coloursSurviveExactly() {
    QFETCH(QString, name);
    const Scratch scratch;
    const Mesh mesh = makeColoured(makeSphere(10, 3));  // more than 256 vertices: every level
    QVERIFY(mesh.positions.size() > 256);
    writeMesh(scratch / name.toStdString(), mesh, {});
    const Mesh back = read(scratch / name.toStdString()).mesh;
    QCOMPARE(back.colours.size(), back.positions.size());
    QVERIFY(cornerColoursOf(back) == cornerColoursOf(mesh));
  }

  void partsStayApartWhereTheyTouch_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"a.obj", "a.glb", "a.3mf"}) QTest::newRow(name) << name;
  }
  void partsStayApartWhereTheyTouch() {
    QFETCH(QString, name);
    const Scratch scratch;
    const std::vector parts{part("left & <right>\"", moved(makeCube(10), {-5, 0, 0})),
                            part("über 😀", moved(makeCube(10), {5, 0, 0}), {0, 114, 178}),
                            part("", makeSphere(3, 2), {0, 0, 0})};
    writeParts(scratch / name.toStdString(), parts, {});
    const Mesh back = read(scratch / name.toStdString()).mesh;
    const TopologyReport report = examine(back);
    QVERIFY(report.closedManifold());
    QCOMPARE(report.shells, 3);
    QCOMPARE(report.triangles, 12 + 12 + 128);
    QVERIFY(std::abs(volumeOf(back) - 2000. - volumeOf(*parts[2].mesh)) < 1e-3);
  }

  void namesOfPartsAreInTheFile() {
    const Scratch scratch;
    const std::vector parts{part("left arm", makeCube(10)), part("Hüfte", makeCube(5))};
    writeParts(scratch / "a.glb", parts, {});
    const std::string glb = contentOf(scratch / "a.glb");
    QVERIFY(glb.starts_with("glTF"));
    QVERIFY(glb.find(R"("name":"left arm")") != glb.npos);
    QVERIFY(glb.find(R"("name":"Hüfte")") != glb.npos);
    writeParts(scratch / "a.obj", parts, {});
    QVERIFY(contentOf(scratch / "a.obj").find("\no left arm\n") != std::string::npos);
  }

  void binaryStlIsWhatPrintersExpect() {
    const Scratch scratch;
    Mesh mesh = makeWedge();
    mesh.triangles.push_back({0, 1, 1});  // no area
    writeMesh(scratch / "a.stl", mesh, {});
    const std::string stl = contentOf(scratch / "a.stl");
    QCOMPARE(stl.size(), 84u + 50u * 5u);
    QVERIFY(stl.starts_with("Maquette"));
    std::uint32_t count = 0;
    std::memcpy(&count, stl.data() + 80, 4);
    QCOMPARE(count, 5u);
    for (std::size_t f = 0; f < 5; ++f) {
      Vec3 normal;
      std::memcpy(&normal, stl.data() + 84 + 50 * f, 12);
      if (f == 4) {
        QVERIFY(normal == Vec3{});
        continue;
      }
      QVERIFY(std::abs(length(normal) - 1.f) < 1e-6f);
      QVERIFY(length(normal - faceNormal(mesh, mesh.triangles[f])) < 1e-6f);
    }
  }

  void normalsOfTinyTrianglesHaveUnitLength() {
    const Scratch scratch;
    Mesh mesh = makeWedge();
    for (Vec3& p : mesh.positions) p *= 1e-15f;  // the cross product drowns in float
    writeMesh(scratch / "a.stl", mesh, {});
    Vec3 normal;
    const std::string stl = contentOf(scratch / "a.stl");
    std::memcpy(&normal, stl.data() + 84, 12);
    QVERIFY(std::abs(length(normal) - 1.f) < 1e-6f);
  }

  void degenerateTrianglesKeepTheirPlace_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"a.stl", "a.obj", "a.ply", "a.glb"}) QTest::newRow(name) << name;
  }
  void degenerateTrianglesKeepTheirPlace() {
    QFETCH(QString, name);
    const Scratch scratch;
    Mesh mesh = makeWedge();
    mesh.triangles.insert(mesh.triangles.begin() + 1, Triangle{2, 2, 3});
    writeMesh(scratch / name.toStdString(), mesh, {});
    QVERIFY(cornersOf(read(scratch / name.toStdString()).mesh) == cornersOf(mesh));
  }

  void sameMeshSameBytes_data() { everyFormatGivesBackTheSameTriangles_data(); }
  void sameMeshSameBytes() {
    QFETCH(QString, name);
    const Scratch scratch;
    const auto file = scratch / name.toStdString();
    writeMesh(file, makeSphere(10, 2), {});
    const std::string first = contentOf(file);
    writeMesh(file, makeSphere(10, 2), {});
    QVERIFY(contentOf(file) == first);
  }

  void openMeshesAreRefusedAs3mf() {
    const Scratch scratch;
    Mesh open = makeCube(10);
    open.triangles.pop_back();
    put(scratch / "a.3mf", "old");
    const QString message =
        messageOf<InvalidInput>([&] { writeMesh(scratch / "a.3mf", open, {}); });
    QVERIFY2(message.contains("not closed") && message.contains("Make solids first"),
             qPrintable(message));
    QCOMPARE(contentOf(scratch / "a.3mf"), std::string("old"));
    QCOMPARE(scratch.files(), 1u);
    const Mesh touching = weld(joined(makeCube(10), moved(makeCube(10), {10, 10, 0})), true).mesh;
    const QString edge =
        messageOf<InvalidInput>([&] { writeMesh(scratch / "a.3mf", touching, {}); });
    QVERIFY2(edge.contains("more than two"), qPrintable(edge));
    const QString inside =
        messageOf<InvalidInput>([&] { writeMesh(scratch / "a.3mf", flipped(makeCube(3)), {}); });
    QVERIFY2(inside.contains("inside out"), qPrintable(inside));
  }

  void trianglesThatShareNoVerticesAreJoinedFor3mf() {
    const Scratch scratch;
    Mesh soup;
    for (const Vec3 p : cornersOf(makeCube(10))) {
      soup.positions.push_back(p);
      if (soup.positions.size() % 3 == 0) {
        const auto n = std::uint32_t(soup.positions.size());
        soup.triangles.push_back({n - 3, n - 2, n - 1});
      }
    }
    writeMesh(scratch / "a.3mf", soup, {});
    QVERIFY(examine(read(scratch / "a.3mf").mesh).closedManifold());
  }

  void cancellingLeavesNothing_data() { everyFormatGivesBackTheSameTriangles_data(); }
  void cancellingLeavesNothing() {
    QFETCH(QString, name);
    const Scratch scratch;
    const auto file = scratch / name.toStdString();
    QVERIFY_EXCEPTION_THROWN(writeMesh(file, makeSphere(10, 4), stopped()), Cancelled);
    QCOMPARE(scratch.files(), 0u);
    writeMesh(file, makeSphere(10, 4), {});
    QVERIFY_EXCEPTION_THROWN(readMesh(file, {}, stopped()), Cancelled);
  }

  void cancellingMidwayLeavesTheOldFile_data() { everyFormatGivesBackTheSameTriangles_data(); }
  void cancellingMidwayLeavesTheOldFile() {
    QFETCH(QString, name);
    const Scratch scratch;
    const auto file = scratch / name.toStdString();
    put(file, "old");
    std::stop_source stop;
    const auto progress = std::make_shared<Progress>();
    const Mesh mesh = makeSphere(10, 7);  // 131072 triangles: many reports
    std::jthread stopper([&] {
      while (progress->snapshot().fraction < 0.3f) std::this_thread::yield();
      stop.request_stop();
    });
    bool cancelled = false;
    try {
      writeMesh(file, mesh, Context(stop.get_token(), progress));
    } catch (const Cancelled&) {
      cancelled = true;
    }
    // Both endings are legal: the stop may come after the last check.
    QCOMPARE(scratch.files(), 1u);
    QCOMPARE(contentOf(file) == "old", cancelled);
  }
};

QTEST_APPLESS_MAIN(TstMeshFormats)
#include "tst_mesh_formats.moc"
