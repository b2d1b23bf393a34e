#include "app/part_model.h"

#include <QColor>
#include <map>

#include "core/geometry/measures.h"

namespace maquette {
namespace {

constexpr QChar kThinSpace(0x202f);

QString digits(double value) {
  const int decimals = value >= 100. ? 0 : value >= 10. ? 1 : 2;
  return QString::number(value, 'f', decimals);
}

QString spokenShare(std::size_t count, std::size_t all) {
  const double percent = all ? 100. * double(count) / double(all) : 0.;
  return (percent > 0. && percent < 0.1 ? QString("< 0.1")
                                        : QString::number(percent, 'f', percent < 10. ? 1 : 0)) +
         kThinSpace + "%";
}

}  // namespace

QString spokenVolume(double cubicMillimetres) {
  if (cubicMillimetres >= 1000.)
    return digits(cubicMillimetres / 1000.) + kThinSpace + QString::fromUtf8("cm³");
  return digits(cubicMillimetres) + kThinSpace + QString::fromUtf8("mm³");
}

PartModel::PartModel(Workbench& bench, QObject* parent)
    : QAbstractListModel(parent), bench_(bench) {
  connect(&bench.store(), &DocumentStore::changed, this, &PartModel::rebuild);
  rebuild();
}

void PartModel::rebuild() {
  const Document& document = bench_.document();
  const Segmentation& segmentation = document.segmentation;
  std::map<PartId, std::size_t> counts;
  if (segmentation.labels)
    for (const PartId id : *segmentation.labels) ++counts[id];
  const std::size_t all = segmentation.labels ? segmentation.labels->size() : 0;
  const auto vanished = bench_.vanished();

  std::vector<Row> rows;
  for (const Part& part : segmentation.parts) {
    Row row{part.id,
            QString::fromStdString(part.name),
            QColor(part.colour.r, part.colour.g, part.colour.b),
            part.solid ? spokenVolume(volumeOf(*part.solid)) : spokenShare(counts[part.id], all),
            Status::open,
            tr("No solid yet: make solids to print it."),
            part.visible};
    if (part.solid) {
      row.status = Status::solid;
      row.reason = tr("Closed and printable");
    } else if (vanished.contains(part.id)) {
      row.status = Status::vanished;
      row.reason = tr("Too thin for a solid. Choose a finer detail or join it to a neighbour.");
    }
    rows.push_back(std::move(row));
  }
  if (!rows.empty() && counts[PartId::none] > 0)
    rows.push_back({PartId::none, tr("Unassigned"), QColor(),
                    spokenShare(counts[PartId::none], all), Status::open,
                    tr("Belongs to no part; its neighbours take it when solids are made."), true});

  // Rows keep their places where they can, so that selection and scrolling survive.
  const bool sameRows = rows.size() == rows_.size() &&
                        std::equal(rows.begin(), rows.end(), rows_.begin(),
                                   [](const Row& a, const Row& b) { return a.id == b.id; });
  if (sameRows) {
    rows_ = std::move(rows);
    if (!rows_.empty()) Q_EMIT dataChanged(index(0), index(int(rows_.size()) - 1));
    return;
  }
  beginResetModel();
  rows_ = std::move(rows);
  endResetModel();
}

std::optional<int> PartModel::rowOf(PartId id) const {
  for (std::size_t i = 0; i < rows_.size(); ++i)
    if (rows_[i].id == id) return int(i);
  return std::nullopt;
}

int PartModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : int(rows_.size());
}

QVariant PartModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Row& shown = row(index.row());
  if (role == Qt::DisplayRole || role == Qt::EditRole) return shown.name;
  if (role == Qt::ToolTipRole) return shown.reason;
  if (role == Qt::AccessibleDescriptionRole)
    return QStringList{shown.size, shown.reason}.join(", ");
  return {};
}

bool PartModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  const QString name = value.toString().trimmed();
  if (role != Qt::EditRole || !index.isValid() || name.isEmpty()) return false;
  if (name == row(index.row()).name) return true;
  bench_.renamePart(row(index.row()).id, name);
  return true;
}

Qt::ItemFlags PartModel::flags(const QModelIndex& index) const {
  if (!index.isValid()) return Qt::NoItemFlags;
  const Qt::ItemFlags part = Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsEditable;
  return row(index.row()).id == PartId::none ? Qt::ItemFlags(Qt::ItemIsEnabled) : part;
}

void PartModel::toggleVisible(const QModelIndex& index) {
  if (index.isValid() && row(index.row()).id != PartId::none)
    bench_.setPartVisible(row(index.row()).id, !row(index.row()).visible);
}

}  // namespace maquette
