#include <QtTest>
#include <cstring>
#include <limits>

#include "core/base/error.h"
#include "io/npy.h"
#include "support/scratch.h"

using namespace maquette;
using namespace maquette::test;

namespace {

/// A NumPy file with this header text and data.
std::string npy(std::string header, const std::string& data, int version = 1) {
  header += "\n";
  std::string file = "\x93NUMPY";
  file += {char(version), '\0', char(header.size() & 0xff), char(header.size() >> 8)};
  if (version > 1) file += {'\0', '\0'};
  return file + header + data;
}

template <class T>
std::string bytesOf(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

std::string header(const std::string& type, const std::string& shape) {
  return "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
}

using Labels32 = std::vector<std::int32_t>;

}  // namespace

class TstNpy : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void givesBackWhatWasWritten() {
    const Scratch scratch;
    for (const std::size_t count : {0u, 1u, 7u, 600000u}) {
      Labels32 labels;
      for (std::size_t i = 0; i < count; ++i) labels.push_back(std::int32_t(i % 23) - 1);
      writeLabels(scratch / "a.npy", labels);
      QVERIFY(readLabels(scratch / "a.npy") == labels);
      const std::string file = contentOf(scratch / "a.npy");
      QVERIFY(file.starts_with(std::string("\x93NUMPY\x01\x00", 8)));
      QCOMPARE((file.size() - 4 * count) % 64, 0u);  // NumPy's alignment of the data
      QCOMPARE(file[file.size() - 4 * count - 1], '\n');
    }
  }

  void everyIntegerType() {
    const Scratch scratch;
    const auto read = [&](const std::string& content) {
      put(scratch / "a.npy", content);
      return readLabels(scratch / "a.npy");
    };
    const Labels32 expected{-1, 0, 5};
    QVERIFY(read(npy(header("<i4", "(3,)"), bytesOf<std::int32_t>({-1, 0, 5}))) == expected);
    QVERIFY(read(npy(header("<i8", "(3,)"), bytesOf<std::int64_t>({-1, 0, 5}), 2)) == expected);
    QVERIFY(read(npy(header("<i2", "(3,)"), bytesOf<std::int16_t>({-1, 0, 5}), 3)) == expected);
    QVERIFY(read(npy(header("|i1", "(3,)"), bytesOf<std::int8_t>({-1, 0, 5}))) == expected);
    QVERIFY(read(npy(header("|u1", "(2,)"), bytesOf<std::uint8_t>({200, 1}))) ==
            (Labels32{200, 1}));
    QVERIFY(read(npy(header("<u4", "(1,)"), bytesOf<std::uint32_t>({7}))) == Labels32{7});
    QVERIFY(read(npy(header("|b1", "(2,)"), bytesOf<std::uint8_t>({1, 0}))) == (Labels32{1, 0}));
    QVERIFY(read(npy(header("<i4", "(3, 1)"), bytesOf<std::int32_t>({-1, 0, 5}))) == expected);
    QVERIFY(read(npy(R"({"shape":(3,),"descr":"<i4","fortran_order":True})",
                     bytesOf<std::int32_t>({-1, 0, 5}))) == expected);
  }

  void whatIsNoListOfLabels_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const std::string& content, const char* says) {
      QTest::newRow(name) << QByteArray(content.data(), qsizetype(content.size())) << says;
    };
    const std::string three = bytesOf<std::int32_t>({1, 2, 3});
    row("empty", "", "is empty");
    row("text", "hello, this is text", "not a NumPy file");
    row("magic only", "\x93NUMPY", "not a NumPy file");
    row("version", npy(header("<i4", "(3,)"), three, 9), "format");
    row("header too long", std::string("\x93NUMPY\x01\x00\xff\xff{}", 12), "damaged");
    row("huge header", std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff{}", 14), "damaged");
    row("no header", npy("hello", three), "damaged");
    row("reals", npy(header("<f4", "(3,)"), three), "whole numbers");
    row("big-endian", npy(header(">i4", "(3,)"), three), "whole numbers");
    row("objects", npy(header("|O", "(3,)"), three), "whole numbers");
    row("structured", npy("{'descr': [('a','<i4')], 'shape': (3,)}", three), "whole numbers");
    row("two dimensions", npy(header("<i4", "(3, 2)"), three), "one dimension");
    row("no dimension", npy(header("<i4", "()"), three), "one dimension");
    row("negative", npy(header("<i4", "(-3,)"), three), "one dimension");
    row("too few", npy(header("<i4", "(4,)"), three), "promises 4 labels and has room for 3");
    row("lying", npy(header("<i4", "(1099511627776,)"), three), "promises");
    row("overflowing", npy(header("<i4", "(99999999999999999999,)"), three), "one dimension");
    row("too large", npy(header("<i8", "(1,)"), bytesOf<std::int64_t>({1ll << 40})), "too large");
    row("too large, unsigned", npy(header("<u8", "(1,)"), std::string(8, '\xff')), "too large");
  }
  void whatIsNoListOfLabels() {
    QFETCH(QByteArray, content);
    QFETCH(QString, says);
    const Scratch scratch;
    put(scratch / "a.npy", content.toStdString());
    const QString message = messageOf<Error>([&] { readLabels(scratch / "a.npy"); });
    QVERIFY2(message.contains(says) && message.contains("“a.npy”"), qPrintable(message));
  }

  void cutAtEveryByte() {
    const Scratch scratch;
    const std::string whole = npy(header("<i4", "(3,)"), bytesOf<std::int32_t>({1, 2, 3}));
    for (std::size_t length = 0; length < whole.size(); ++length) {
      put(scratch / "a.npy", whole.substr(0, length));
      QVERIFY_EXCEPTION_THROWN(readLabels(scratch / "a.npy"), Error);
    }
  }

  void foldersAndDevices() {
    const Scratch scratch;
    QVERIFY_EXCEPTION_THROWN(readLabels(scratch.path()), FileError);
    QVERIFY_EXCEPTION_THROWN(readLabels("/dev/zero"), FileError);
    QVERIFY_EXCEPTION_THROWN(readLabels(scratch / "missing.npy"), FileError);
  }
};

QTEST_APPLESS_MAIN(TstNpy)
#include "tst_npy.moc"
