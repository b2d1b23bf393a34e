#include <QtTest>
#include <algorithm>
#include <memory>
#include <numeric>

#include "io/labelled_file.h"
#include "io/mesh_file.h"
#include "io/npy.h"
#include "io/write_faults.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

namespace {

Segmentation halves(const Mesh& mesh) {
  Segmentation segmentation;
  Labels labels(mesh.triangles.size(), PartId{1});
  std::fill_n(labels.begin(), labels.size() / 2, PartId::none);
  segmentation.labels = std::make_shared<const Labels>(std::move(labels));
  segmentation.parts.push_back({PartId{1}, "half", {200, 0, 0}, nullptr, true});
  return segmentation;
}

}  // namespace

class TstWriteFaults : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyFormatAtEveryCall_data() {
    QTest::addColumn<QString>("name");
    for (const char* name :
         {"whole.stl", "whole.obj", "whole.ply", "whole.glb", "whole.3mf", "parts.obj", "parts.glb",
          "parts.3mf", "labelled.ply", "labelled.3mf", "labels.npy"})
      QTest::newRow(name) << name;
  }
  void everyFormatAtEveryCall() {
    QFETCH(QString, name);
    const Scratch scratch;
    const std::filesystem::path file = scratch / name.toStdString();
    // 32768 triangles take more than one buffer; 3MF, which is packed, takes its time instead.
    const Mesh mesh = makeSphere(20, name.endsWith("3mf") ? 4 : 6);
    const auto shared = std::make_shared<const Mesh>(mesh);
    const std::vector<NamedPart> parts{{"a", shared, {}}, {"b", shared, {200, 0, 0}}};
    const Segmentation segmentation = halves(mesh);
    std::vector<std::int32_t> labels(700000);
    std::iota(labels.begin(), labels.end(), 0);
    everyCallMayFail(scratch, file, [&] {
      if (name.startsWith("whole"))
        writeMesh(file, mesh, {});
      else if (name.startsWith("parts"))
        writeParts(file, parts, {});
      else if (name.startsWith("labelled"))
        writeLabelled(file, mesh, segmentation, {});
      else
        writeLabels(file, labels);
    });
  }
};

QTEST_APPLESS_MAIN(TstWriteFaults)
#include "tst_write_faults.moc"
