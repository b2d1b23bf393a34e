#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include "neural/weights/checkpoint.h"
#include "neural_weights/weight_data.h"
#include "neural_weights/zip_data.h"

using namespace maquette;
using namespace maquette::test;

namespace {

WeightFile read(const QByteArray& file) { return readWeights("test.ckpt", inMemory(file)); }

/// CRC-32 of zip and PNG.
quint32 crcOf(const std::vector<std::byte>& bytes) {
  quint32 crc = 0xffffffff;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<quint32>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

std::vector<std::byte> contiguousBytes(const TensorView& tensor) {
  std::vector<std::byte> bytes(tensor.bytes());
  copyContiguous(tensor, bytes);
  return bytes;
}

std::vector<std::int64_t> numbersOf(const QJsonValue& value) {
  std::vector<std::int64_t> numbers;
  for (const QJsonValue number : value.toArray()) numbers.push_back(number.toInteger());
  return numbers;
}

QByteArray text(const QByteArray& value) {
  QByteArray code = "X";
  put(code, static_cast<quint32>(value.size()));
  return code + value;
}

// Pieces of a pickle, protocol 2.
const QByteArray kBegin("\x80\x02", 2);
const QByteArray kRebuild = "ctorch._utils\n_rebuild_tensor_v2\n";

/// Pushes a storage of record "0".
QByteArray storage(const QByteArray& type = "HalfStorage", quint8 elements = 8) {
  return "(" + text("storage") + "ctorch\n" + type + "\n" + text("0") + text("cpu") + "K" +
         static_cast<char>(elements) + "tQ";
}

/// Pushes a tensor over it; shape and strides are instructions for a tuple.
QByteArray tensor(const QByteArray& shape = QByteArray("K\x08\x85", 3),
                  const QByteArray& strides = QByteArray("K\x01\x85", 3)) {
  return kRebuild + "(" + storage() + QByteArray("K\0", 2) + shape + strides + "\x89" +
         "ccollections\nOrderedDict\n)RtR";
}

/// An archive whose pickle does `code`; sixteen bytes of data under "0".
ZipRecords records(const QByteArray& code) {
  QByteArray numbers;  // 1, 2, ... 8 as halves
  for (const quint16 half : {0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x4700, 0x4800})
    put(numbers, half);
  return {{"a/data.pkl", kBegin + code + "."}, {"a/byteorder", "little"}, {"a/data/0", numbers}};
}

QByteArray archive(const QByteArray& code) { return zipOf(records(code)); }

/// A dict of one entry.
QByteArray dictOf(const QByteArray& key, const QByteArray& value) {
  return "}" + text(key) + value + "s";
}

}  // namespace

class TstCheckpoint : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void valuesAreThoseThatTorchRead_data() {
    QTest::addColumn<bool>("unused");
    for (const char* name : {"28-checkpoint-nested.ckpt", "28-checkpoint-layouts.ckpt",
                             "28-checkpoint-torch1.ckpt", "28-checkpoint-handmade.ckpt"})
      QTest::newRow(name) << true;
  }
  void valuesAreThoseThatTorchRead() {
    const std::string name = QTest::currentDataTag();
    const QJsonObject facts = QJsonDocument::fromJson(bytesOfFile(weightData("28-checkpoint.json")))
                                  .object()[QTest::currentDataTag()]
                                  .toObject();
    const QJsonObject expected = facts["tensors"].toObject();
    const WeightFile file = openWeights(weightData(name));
    QCOMPARE(file.tensors().size(), static_cast<std::size_t>(facts["tensor_count"].toInteger()));
    for (const TensorView& found : file.tensors()) {
      QVERIFY2(expected.contains(QString::fromStdString(found.name)), found.name.c_str());
      const QJsonObject wanted = expected[QString::fromStdString(found.name)].toObject();
      QCOMPARE(std::string(nameOf(found.dtype)), wanted["dtype"].toString().toStdString());
      QCOMPARE(found.shape, numbersOf(wanted["shape"]));
      QCOMPARE(found.strides, numbersOf(wanted["stride"]));
      QCOMPARE(found.offset, wanted["storage_offset"].toInteger());
      QCOMPARE(static_cast<qint64>(found.storage.size() / bytesOf(found.dtype)),
               wanted["storage_elements"].toInteger());
      QCOMPARE(static_cast<qint64>(crcOf(contiguousBytes(found))), wanted["crc32"].toInteger());
    }
  }

  void bothContainersHoldTheSame() {
    const WeightFile one = openWeights(weightData("28-checkpoint-nested.ckpt"));
    const WeightFile other = openWeights(weightData("28-checkpoint-nested.safetensors"));
    QCOMPARE(one.tensors().size(), other.tensors().size());
    for (const TensorView& tensor : one.tensors()) {
      const TensorView& twin = other.at(tensor.name);
      QCOMPARE(tensor.dtype, twin.dtype);
      QCOMPARE(tensor.shape, twin.shape);
      QVERIFY(contiguousBytes(tensor) == contiguousBytes(twin));
    }
  }

  void viewsShareTheirStorageAndNothingIsCopied() {
    const QByteArray whole = bytesOfFile(weightData("28-checkpoint-layouts.ckpt"));
    const SharedBytes content = inMemory(whole);
    const WeightFile file = readWeights("layouts.ckpt", content);
    QCOMPARE(file.at("view_rows_1_3").storage.data(), file.at("whole").storage.data());
    QVERIFY(!file.at("transposed").contiguous());
    QVERIFY(file.at("view_rows_1_3").contiguous());
    const std::byte *begin = content.bytes.data(), *end = begin + content.bytes.size();
    for (const TensorView& tensor : file.tensors())
      QVERIFY(tensor.storage.data() >= begin && tensor.storage.data() <= end);
  }

  void hostileFilesAreRefused_data() {
    QTest::addColumn<QString>("says");
    QTest::newRow("28-unsupported-legacy") << "before version 1.6";
    QTest::newRow("hostile-global") << "posix.system";
    QTest::newRow("hostile-global-stack") << "posix.system";
    QTest::newRow("hostile-getattr") << "builtins.getattr";
    QTest::newRow("hostile-truncated") << "cut short";
    QTest::newRow("hostile-truncated-pickle") << "cannot be read";
    QTest::newRow("hostile-lying-size") << "only 16 bytes";
    QTest::newRow("hostile-lying-numel") << "1099511627776 numbers";
    QTest::newRow("hostile-offset-stride") << "only 16 bytes";
    QTest::newRow("hostile-negative-stride") << "strides [";
    QTest::newRow("hostile-size-overflow") << "only 16 bytes";
    QTest::newRow("hostile-missing-record") << "are missing";
    QTest::newRow("hostile-memo") << "cannot be read";
    QTest::newRow("hostile-deep-nesting") << "nested too deeply";
  }
  void hostileFilesAreRefused() {
    QFETCH(QString, says);
    const std::string name = QTest::currentDataTag() + std::string(".ckpt");
    const std::string message = failureOf([&] { openWeights(weightData(name)); });
    QVERIFY2(QString::fromStdString(message).contains(says), message.c_str());
    QVERIFY2(message.starts_with("“" + name), message.c_str());
  }

  void archivesOfEveryKindAreRead() {
    const std::vector<float> eight{1, 2, 3, 4, 5, 6, 7, 8};
    const ZipRecords plain = records(dictOf("w", tensor()));
    QCOMPARE(floatsOf(read(zipOf(plain)).at("w")), eight);
    QCOMPARE(floatsOf(read(zipOf(plain, {.zip64 = true})).at("w")), eight);
    QCOMPARE(floatsOf(read(zipOf(plain) + QByteArray()).at("w")), eight);
  }

  void whatNestsIsNamedByItsPath() {
    const QByteArray list = "]" + tensor() + "a" + dictOf("x", tensor()) + "a";
    const WeightFile file = read(archive(dictOf("m", list)));
    QCOMPARE(file.tensors().size(), std::size_t{2});
    QVERIFY(file.find("m.0") != nullptr && file.find("m.1.x") != nullptr);
    QVERIFY(read(archive(dictOf("n", "K\x05") + text("w") + tensor() + "s")).find("w") != nullptr);
    QVERIFY(read(archive(tensor())).find("") != nullptr);
  }

  void expandedViewsRepeatElements() {
    const QByteArray shape("K\x03K\x02\x86", 5), strides("K\0K\x01\x86", 5);
    const WeightFile file = read(archive(dictOf("w", tensor(shape, strides))));
    QCOMPARE(floatsOf(file.at("w")), (std::vector<float>{1, 2, 1, 2, 1, 2}));
  }

  void archivesThatPyTorchDoesNotWriteAreRefused() {
    const ZipRecords good = records(dictOf("w", tensor()));
    const auto refusal = [](const QByteArray& file) { return failureOf([&] { read(file); }); };
    const auto says = [&](const QByteArray& file, const char* what) {
      return refusal(file).find(what) != std::string::npos;
    };
    QVERIFY(refusal(zipOf(good)).empty());
    QVERIFY(says(zipOf(good, {.method = 8}), "compressed"));
    QVERIFY(says(zipOf(good, {.flags = 1}), "encrypted"));
    QVERIFY(says(zipOf(ZipRecords(good) << qMakePair("a/data/0", "again")), "directory"));
    QVERIFY(says(zipOf(ZipRecords(good) << qMakePair("b/data.pkl", ".")), "two descriptions"));
    QVERIFY(says(zipOf(ZipRecords(good) << qMakePair("a/constants.pkl", ".")), "TorchScript"));
    QVERIFY(says(zipOf({{"a.txt", "hello"}}), "not one of PyTorch"));
    QVERIFY(says(zipOf(records("}")), "no tensors"));
    ZipRecords big = good;
    big[1].second = "big";
    QVERIFY(says(zipOf(big), "byte order"));
    QVERIFY(says("<!DOCTYPE html><html></html>", "web page"));
    QVERIFY(says("version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS"));
    QVERIFY(says("GIF89a..........", "no weight file"));
  }

  void picklesThatAreNoWeightsAreRefused_data() {
    QTest::addColumn<QByteArray>("code");
    const QByteArray many = QByteArray("K\x01").repeated(40);
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("empty stack") << QByteArray("0");
    QTest::newRow("below the mark") << QByteArray("](0");
    QTest::newRow("no mark") << QByteArray("]e");
    QTest::newRow("odd dict") << QByteArray("}(NNNu");
    QTest::newRow("append to a dict") << QByteArray("}Na");
    QTest::newRow("old global") << QByteArray("(cos\nsystem\n") + text("true") + "tR";
    QTest::newRow("inst") << QByteArray("(ios\nsystem\n");
    QTest::newRow("obj") << QByteArray("(No");
    QTest::newRow("newobj") << QByteArray("ccollections\nOrderedDict\n)\x81");
    QTest::newRow("extension") << QByteArray("\x82\x01", 2);
    QTest::newRow("global without end") << QByteArray("ctorch._utils");
    QTest::newRow("call of a text") << text("posix.system") + ")R";
    QTest::newRow("call of a type") << QByteArray("ctorch\nHalfStorage\n)R");
    QTest::newRow("attributes of a type") << QByteArray("ctorch\nHalfStorage\n}b");
    QTest::newRow("two tensors of one name")
        << QByteArray("}") + text("w") + tensor() + "s" + text("w") + tensor() + "s";
    QTest::newRow("dotted twin") << QByteArray("}") + text("a") + dictOf("b", tensor()) + "s" +
                                        text("a.b") + tensor() + "s";
    QTest::newRow("too many dimensions") << dictOf("w", tensor("(" + many + "t", "(" + many + "t"));
    QTest::newRow("strides of another rank") << dictOf("w", tensor("K\x02K\x02\x86"));
    QTest::newRow("text for a size") << dictOf("w", tensor(text("8") + "\x85"));
    QTest::newRow("list for a size") << dictOf("w", tensor(QByteArray("]K\x08"
                                                                      "a",
                                                                      4)));
    QTest::newRow("storage for no tensor") << dictOf("w", kRebuild + "(" + storage() + "tR");
    QTest::newRow("storage without type") << dictOf("w", storage("UntypedStorage", 17));
    QTest::newRow("billions out of one number")
        << dictOf("w", tensor(QByteArray("J\xff\xff\xff\x7f\x85", 6), QByteArray("K\0\x85", 3)));
    QTest::newRow("itself") << QByteArray("}q\x01") + text("a") + "h\x01s";
    QByteArray doubling = dictOf("w", tensor()) + "q" + '\0';  // 2^40 paths to one tensor
    for (char i = 0; i < 30; ++i)
      doubling += QByteArray("(h") + i + "h" + i + "tq" + static_cast<char>(i + 1);
    QTest::newRow("doubling") << doubling;
    QTest::newRow("long text") << QByteArray("X\xff\xff\xff\xff", 5);
    QTest::newRow("longest text") << QByteArray("\x8d") + QByteArray(8, '\xff');
    QTest::newRow("not UTF-8") << text("\xff\xfe");
  }
  void picklesThatAreNoWeightsAreRefused() {
    QFETCH(QByteArray, code);
    const std::string message = failureOf([&] { read(archive(code)); });
    QVERIFY2(message.starts_with("“test.ckpt”"), message.c_str());
  }

  void manyValuesAndMarksAreRefusedInTime() {
    constexpr int kMany = 3 << 20;
    for (const char* code : {"N", "(", "]", "N\x94"}) {
      const QByteArray flood = QByteArray(code).repeated(kMany / static_cast<int>(qstrlen(code)));
      QVERIFY(!failureOf([&] { read(archive(flood)); }).empty());
    }
  }

  void everyShorterFileIsRefused() {
    const QByteArray whole = bytesOfFile(weightData("28-checkpoint-handmade.ckpt"));
    QVERIFY(whole.size() > 0);
    for (int size = 0; size < whole.size(); ++size)
      QVERIFY2(!failureOf([&] { read(whole.left(size)); }).empty(),
               qPrintable(QString::number(size)));
  }

  void flippedBitsGiveAnErrorOrWholeTensors_data() {
    QTest::addColumn<int>("step");
    QTest::newRow("28-checkpoint-handmade.ckpt") << 1;  // every bit
    QTest::newRow("28-checkpoint-layouts.ckpt") << 9;   // of every byte one or none, in turn
  }
  void flippedBitsGiveAnErrorOrWholeTensors() {
    QFETCH(int, step);
    const QByteArray whole = bytesOfFile(weightData(QTest::currentDataTag()));
    int refused = 0, taken = 0;
    for (int bit = 0; bit < whole.size() * 8; bit += step) {
      QByteArray flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      const std::string message = failureOf([&] {
        const WeightFile file = read(flipped);
        touchAll(file);
        QVERIFY(!file.tensors().empty());
        ++taken;
      });
      refused += !message.empty();
    }
    QCOMPARE(refused + taken, (whole.size() * 8 + step - 1) / step);
    QVERIFY(refused > 0 && taken > 0);
  }
};

QTEST_GUILESS_MAIN(TstCheckpoint)
#include "tst_checkpoint.moc"
