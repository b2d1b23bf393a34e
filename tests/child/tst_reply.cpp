#include <unistd.h>

#include <QtTest>
#include <array>
#include <cstring>
#include <limits>
#include <thread>

#include "child/reply.h"
#include "core/base/error.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

namespace {

/// Everything that `say` writes, as bytes.
template <class Say>
std::string said(Say&& say) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return {};
  std::jthread writing([&] {
    ReplyWriter writer(ends[1]);
    say(writer);
    ::close(ends[1]);
  });
  std::string all;
  std::array<char, 4096> piece{};
  for (ssize_t got; (got = ::read(ends[0], piece.data(), piece.size())) > 0;)
    all.append(piece.data(), std::size_t(got));
  ::close(ends[0]);
  return all;
}

/// Reads a reply that comes a few bytes at a time, as from a slow pipe.
Reply heard(const std::string& bytes, std::uint64_t most = 1 << 30, const Context& ctx = {}) {
  std::size_t at = 0;
  return readReply(
      [&](void* to, std::size_t count) {
        count = std::min({count, bytes.size() - at, std::size_t{1777}});
        std::memcpy(to, bytes.data() + at, count);
        at += count;
        return count;
      },
      most, ctx);
}

Mesh colouredSphere() {
  Mesh mesh = makeSphere(10, 4);
  mesh.normals = vertexNormals(mesh);
  for (std::size_t v = 0; v < mesh.positions.size(); ++v)
    mesh.colours.push_back({std::uint8_t(v), std::uint8_t(v >> 8), 7});
  return mesh;
}

}  // namespace

class TstReply : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aMeshArrivesAsItWas() {
    const Mesh mesh = colouredSphere();
    const Reply reply = heard(said([&](ReplyWriter& writer) {
      writer.note("a note");
      writer.note("and another");
      writer.mesh(mesh);
    }));
    QVERIFY(reply.mesh && !reply.picture);
    QVERIFY(reply.mesh->positions == mesh.positions);
    QVERIFY(reply.mesh->triangles == mesh.triangles);
    QVERIFY(reply.mesh->normals == mesh.normals);
    QVERIFY(reply.mesh->colours == mesh.colours);
    QCOMPARE(reply.notes, (std::vector<std::string>{"a note", "and another"}));
  }

  void aPictureArrivesAsItWas() {
    Image image{33, 7, {}};
    for (int i = 0; i < 33 * 7; ++i) image.pixels.push_back({std::uint8_t(i), 2, 3, 128});
    const Reply reply = heard(said([&](ReplyWriter& writer) { writer.picture(image); }));
    QVERIFY(reply.picture && !reply.mesh);
    QCOMPARE(reply.picture->width, 33);
    QVERIFY(reply.picture->pixels == image.pixels);
  }

  void failuresKeepTheirKindAndWords() {
    const auto failing = [](auto error) {
      return said([&](ReplyWriter& writer) { writer.failure(std::make_exception_ptr(error)); });
    };
    try {
      heard(failing(FileError("“a” is cut short.", "detail")));
      QFAIL("no exception");
    } catch (const FileError& error) {
      QCOMPARE(error.what(), "“a” is cut short.");
      QCOMPARE(error.detail(), std::string("detail"));
    }
    QVERIFY_THROWS_EXCEPTION(InvalidInput, heard(failing(InvalidInput("x"))));
    QVERIFY_THROWS_EXCEPTION(OutOfMemory, heard(failing(OutOfMemory("x"))));
    QVERIFY_THROWS_EXCEPTION(OutOfMemory, heard(failing(std::bad_alloc())));
    QVERIFY_THROWS_EXCEPTION(Unsupported, heard(failing(Unsupported("x"))));
    QVERIFY_THROWS_EXCEPTION(FileError, heard(failing(std::runtime_error("x"))));
  }

  void progressIsPassedOn() {
    const auto progress = std::make_shared<Progress>();
    heard(said([](ReplyWriter& writer) {
            writer.progress(0.5f, "Reading");
            writer.progress(0.75f, "Reading");
            writer.mesh(makeCube(1));
          }),
          1 << 20, Context({}, progress).part(0.f, 0.4f));
    QCOMPARE(progress->snapshot().fraction, 0.3f);
    QCOMPARE(progress->snapshot().stage, std::string("Reading"));
  }

  void whatIsCutOrSpoiledIsNoReply() {
    const std::string whole = said([](ReplyWriter& writer) {
      writer.note("n");
      writer.mesh(makeCube(1));
    });
    for (std::size_t length = 0; length < whole.size(); ++length)
      QVERIFY_THROWS_EXCEPTION(BrokenReply, heard(whole.substr(0, length)));
    for (std::size_t at = 0; at < whole.size(); ++at)
      for (const char value : {'\0', '\x7f', '\xff'}) {
        std::string spoiled = whole;
        spoiled[at] = value;
        try {
          const Reply reply = heard(spoiled);
          for (const Triangle& t : reply.mesh->triangles)
            for (const std::uint32_t v : t) QVERIFY(v < reply.mesh->positions.size());
        } catch (const BrokenReply&) {  // the other legal ending
        }
      }
  }

  void promisesBuyNoMemory() {
    // A mesh of four thousand million vertices, and nothing behind it.
    std::string lie("\x03\0\0\0", 4);
    const std::uint64_t count = std::numeric_limits<std::uint32_t>::max();
    lie.append(reinterpret_cast<const char*>(&count), 8);
    QVERIFY_THROWS_EXCEPTION(BrokenReply, heard(lie, std::uint64_t{1} << 40));
    const std::string whole = said([](ReplyWriter& writer) { writer.mesh(makeSphere(1, 5)); });
    QVERIFY_THROWS_EXCEPTION(BrokenReply, heard(whole, whole.size() - 1));
    QVERIFY(heard(whole, whole.size()).mesh);
  }
};

QTEST_APPLESS_MAIN(TstReply)
#include "tst_reply.moc"
