#include <QTest>

#include "neural/weights/safetensors.h"
#include "neural_weights/weight_data.h"

using namespace maquette;
using namespace maquette::test;

namespace {

WeightFile read(const QByteArray& file) {
  return readSafetensors("test.safetensors", inMemory(file));
}

const QByteArray kPair = R"({"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},)"
                         R"("b":{"dtype":"F32","shape":[],"data_offsets":[4,8]}} )";
const QByteArray kPairData("\x00\x3c\x00\xc0\x00\x00\x20\x41", 8);  // 1, -2; 10

}  // namespace

class TstSafetensors : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void tensorsLieWhereTheFileLies() {
    const SharedBytes content = inMemory(safetensors(kPair, kPairData));
    const WeightFile file = readSafetensors("pair.safetensors", content);
    QCOMPARE(file.tensors().size(), std::size_t{2});
    const TensorView& a = file.at("a");
    QCOMPARE(a.data(), content.bytes.data() + 8 + kPair.size());
    QCOMPARE(floatsOf(a), (std::vector<float>{1.f, -2.f}));
    QCOMPARE(floatsOf(file.at("b")), (std::vector<float>{10.f}));
    QCOMPARE(file.find("c"), nullptr);
    QVERIFY(failureOf([&] { file.at("c"); }).find("“c”") != std::string::npos);
  }

  void tensorsOutliveTheirFile() {
    TensorView kept;
    {
      const WeightFile file = openWeights(weightData("28-checkpoint-nested.safetensors"));
      kept = file.tensors().front();
    }
    QCOMPARE(floatsOf(kept).size(), kept.elements());
  }

  void metadataAreTexts() {
    const WeightFile file =
        read(safetensors(R"({"__metadata__":{"format":"pt","é":"\u00e9\ud83d\ude00"}})", {}));
    QCOMPARE(file.metadata().at("format"), std::string("pt"));
    QCOMPARE(file.metadata().at("é"), std::string("é😀"));
    QVERIFY(!failureOf([] { read(safetensors(R"({"__metadata__":{"n":1}})", {})); }).empty());
  }

  /// To the byte: kept files and their sums live from it.
  void aHeaderIsWrittenAsOthersReadIt() {
    const std::string header = safetensorsHeader(
        {{"b", "first"}, {"a", "say \"\\\"\n"}},
        {{"m", Dtype::F16, {2, 3}}, {"none", Dtype::I8, {0}}, {"n", Dtype::F32, {}}});
    const std::string text =
        "{\"__metadata__\":{\"b\":\"first\",\"a\":\"say \\\"\\\\\\\"\\u000a\"},"
        R"("m":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]},)"
        R"("none":{"dtype":"I8","shape":[0],"data_offsets":[12,12]},)"
        R"("n":{"dtype":"F32","shape":[],"data_offsets":[12,16]}})";
    QCOMPARE(header.substr(8, text.size()), text);
    QCOMPARE(header.size() % 8, std::size_t{0});
    QVERIFY(header.substr(8 + text.size()).find_first_not_of(' ') == header.npos);
    const WeightFile file = read(QByteArray::fromStdString(header) + QByteArray(16, '\0'));
    QCOMPARE(file.metadata().at("a"), std::string("say \"\\\"\n"));
    QCOMPARE(file.at("n").byteOffset(), std::size_t{0});
    QCOMPARE(safetensorsHeader({}, {}).substr(8), std::string("{}      "));
  }

  void everyTypeOfNumberIsKnown_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<float>("value");
    QTest::newRow("BOOL") << QByteArray("\x01", 1) << 1.f;
    QTest::newRow("U8") << QByteArray("\xff", 1) << 255.f;
    QTest::newRow("I8") << QByteArray("\xff", 1) << -1.f;
    QTest::newRow("U16") << QByteArray("\xff\xff", 2) << 65535.f;
    QTest::newRow("I16") << QByteArray("\xfe\xff", 2) << -2.f;
    QTest::newRow("U32") << QByteArray("\x00\x00\x00\x80", 4) << 2147483648.f;
    QTest::newRow("I32") << QByteArray("\xfd\xff\xff\xff", 4) << -3.f;
    QTest::newRow("U64") << QByteArray("\x07\0\0\0\0\0\0\0", 8) << 7.f;
    QTest::newRow("I64") << QByteArray("\xf9\xff\xff\xff\xff\xff\xff\xff", 8) << -7.f;
    QTest::newRow("F8_E4M3") << QByteArray("\x7e", 1) << 448.f;
    QTest::newRow("F8_E5M2") << QByteArray("\xc0", 1) << -2.f;
    QTest::newRow("F16") << QByteArray("\x01\x00", 2) << 5.9604645e-8f;  // the smallest
    QTest::newRow("BF16") << QByteArray("\x49\x40", 2) << 3.140625f;
    QTest::newRow("F32") << QByteArray("\xdb\x0f\x49\x40", 4) << 3.14159274f;
    QTest::newRow("F64") << QByteArray("\0\0\0\0\0\0\xf8\x3f", 8) << 1.5f;
  }
  void everyTypeOfNumberIsKnown() {
    QFETCH(QByteArray, bytes);
    QFETCH(float, value);
    const QByteArray header =
        QByteArray(R"({"t":{"dtype":"TYPE","shape":[1],"data_offsets":[0,SIZE]}})")
            .replace("TYPE", QTest::currentDataTag())
            .replace("SIZE", QByteArray::number(bytes.size()));
    const WeightFile file = read(safetensors(header, bytes));
    QCOMPARE(floatsOf(file.at("t")), (std::vector<float>{value}));
  }

  void hostileFilesAreRefused_data() {
    QTest::addColumn<QString>("says");
    QTest::newRow("hostile-header-length") << "header should have 1152921504606846976 bytes";
    QTest::newRow("hostile-out-of-range") << "cut short";
    QTest::newRow("hostile-overlap") << "shares bytes";
    QTest::newRow("hostile-shape-overflow") << "has the shape";
    QTest::newRow("hostile-size-mismatch") << "has the shape";
    QTest::newRow("hostile-truncated-header") << "cut short";
  }
  void hostileFilesAreRefused() {
    QFETCH(QString, says);
    const std::string name = QTest::currentDataTag() + std::string(".safetensors");
    const std::string message = failureOf([&] { openWeights(weightData(name)); });
    QVERIFY2(QString::fromStdString(message).contains(says), message.c_str());
    QVERIFY2(message.find("another copy") != std::string::npos, message.c_str());
  }

  void headersThatAreNoHeadersAreRefused_data() {
    QTest::addColumn<QByteArray>("header");
    const QByteArray good = R"("dtype":"F16","shape":[2],"data_offsets":[0,4])";
    QTest::newRow("twice") << QByteArray() + "{\"a\":{" + good + "},\"a\":{" + good + "}}";
    QTest::newRow("twice within") << QByteArray() + "{\"a\":{\"dtype\":\"F16\"," + good + "}}";
    QTest::newRow("deep") << QByteArray(R"({"a":{"x":)") + QByteArray(100000, '[') +
                                 QByteArray(100000, ']') + "}}";
    QTest::newRow("rank") << QByteArray(R"({"a":{"dtype":"F16","data_offsets":[0,4],"shape":[2)") +
                                 QByteArray(64, ',').replace(",", ",1") + "]}}";
    QTest::newRow("negative size")
        << QByteArray(R"({"a":{"dtype":"F16","shape":[-1,-2],"data_offsets":[0,4]}})");
    QTest::newRow("fraction") << QByteArray(
        R"({"a":{"dtype":"F16","shape":[2.0],"data_offsets":[0,4]}})");
    QTest::newRow("beyond 64 bits") << QByteArray(
        R"({"a":{"dtype":"F16","shape":[2],"data_offsets":[0,18446744073709551620]}})");
    QTest::newRow("offsets swapped")
        << QByteArray(R"({"a":{"dtype":"F16","shape":[2],"data_offsets":[4,0]}})");
    QTest::newRow("three offsets")
        << QByteArray(R"({"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4,4]}})");
    QTest::newRow("hidden by zero") << QByteArray(
        R"({"a":{"dtype":"F16","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}})");
    QTest::newRow("a hole") << QByteArray(
        R"({"a":{"dtype":"F16","shape":[1],"data_offsets":[2,4]}})");
    QTest::newRow("a rest") << QByteArray(
        R"({"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}})");
    QTest::newRow("unknown type") << QByteArray(
        R"({"a":{"dtype":"F4","shape":[2],"data_offsets":[0,4]}})");
    QTest::newRow("no shape") << QByteArray(R"({"a":{"dtype":"F16","data_offsets":[0,4]}})");
    QTest::newRow("list") << QByteArray(R"(["a"])");
    QTest::newRow("more behind") << QByteArray() + "{\"a\":{" + good + "}} {}";
    QTest::newRow("bad UTF-8") << QByteArray() + "{\"a\xff\":{" + good + "}}";
    QTest::newRow("half a pair") << QByteArray() + "{\"a\\ud800\":{" + good + "}}";
    QTest::newRow("leading zero") << QByteArray(
        R"({"a":{"dtype":"F16","shape":[02],"data_offsets":[0,4]}})");
    QTest::newRow("trailing comma") << QByteArray() + "{\"a\":{" + good + ",}}";
    QTest::newRow("empty") << QByteArray("");
  }
  void headersThatAreNoHeadersAreRefused() {
    QFETCH(QByteArray, header);
    const std::string message = failureOf([&] { read(safetensors(header, QByteArray(4, '\0'))); });
    QVERIFY2(message.starts_with("“test.safetensors”"), message.c_str());
  }

  void everyShorterFileIsRefused() {
    const QByteArray whole = safetensors(kPair, kPairData);
    for (int size = 0; size < whole.size(); ++size)
      QVERIFY2(!failureOf([&] { read(whole.left(size)); }).empty(),
               qPrintable(QString::number(size)));
  }

  void everyFlippedBitGivesAnErrorOrWholeTensors() {
    const QByteArray whole = safetensors(kPair, kPairData);
    int refused = 0;
    for (int bit = 0; bit < whole.size() * 8; ++bit) {
      QByteArray flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      const std::string message =
          failureOf([&] { QCOMPARE(touchAll(read(flipped)), std::size_t{8}); });
      refused += !message.empty();
    }
    QVERIFY(refused > whole.size() * 4);
  }

  void shardsBecomeOneFile() {
    const QTemporaryDir folder;
    const auto write = [&](const char* name, const QByteArray& content) {
      QFile file(folder.filePath(name));
      QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
    };
    const QByteArray one = R"({"dtype":"F16","shape":[2],"data_offsets":[0,4]}})";
    write("m-1-of-2.safetensors", safetensors("{\"a\":" + one, kPairData.left(4)));
    write("m-2-of-2.safetensors", safetensors("{\"b\":" + one, kPairData.right(4)));
    const QByteArray index = R"({"metadata":{"total_size":8},"weight_map":{)"
                             R"("a":"m-1-of-2.safetensors","b":"m-2-of-2.safetensors"}})";
    write("m.safetensors.index.json", index);
    const auto open = [&](const char* name) {
      return openWeights(folder.filePath(name).toStdString());
    };
    const WeightFile file = open("m.safetensors.index.json");
    QCOMPARE(file.tensors().size(), std::size_t{2});
    QCOMPARE(floatsOf(file.at("a")), (std::vector<float>{1.f, -2.f}));

    const auto refused = [&](QByteArray from, QByteArray to) {
      write("bad.json", QByteArray(index).replace(from, to));
      return !failureOf([&] { open("bad.json"); }).empty();
    };
    QVERIFY(refused("m-1-of-2", "m-3-of-2"));                             // no such shard
    QVERIFY(refused("\"m-1-of-2", "\"../m-1-of-2"));                      // elsewhere
    QVERIFY(refused("\"a\":", "\"c\":"));                                 // the shard has another
    QVERIFY(refused("\"b\":", "\"c\":\"m-2-of-2.safetensors\",\"b\":"));  // one too many
    QVERIFY(refused("weight_map", "map"));                                // no index
    QVERIFY(refused("m-1-of-2.safetensors", "bad.json"));                 // itself
  }

  void whatIsNoFileIsRefused() {
    QVERIFY(!failureOf([] { openWeights("/nowhere/model.safetensors"); }).empty());
    QVERIFY(!failureOf([] { openWeights("/tmp"); }).empty());
    QVERIFY(!failureOf([] { openWeights("/dev/null"); }).empty());
    prefetchFile("/nowhere/model.safetensors");  // only a hint: nothing to complain about
  }
};

QTEST_GUILESS_MAIN(TstSafetensors)
#include "tst_safetensors.moc"
