#pragma once

#include <QAbstractListModel>
#include <optional>
#include <vector>

#include "app/workbench.h"

namespace maquette {

/// The parts of the current document as rows; the last row says what belongs to no part.
class PartModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum class Status { open, solid, vanished };
  struct Row {
    PartId id = PartId::none;  ///< none: the row of the unassigned
    QString name;
    QColor colour;
    QString size;  ///< "12.1 cm³", or "4.2 %" of the surface while there is no solid
    Status status = Status::open;
    QString reason;  ///< why the mark is what it is
    bool visible = true;
  };

  explicit PartModel(Workbench& bench, QObject* parent = nullptr);

  const Row& row(int index) const { return rows_[std::size_t(index)]; }
  std::optional<int> rowOf(PartId id) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;
  void toggleVisible(const QModelIndex& index);

 private:
  void rebuild();

  Workbench& bench_;
  std::vector<Row> rows_;
};

/// "12.1 cm³", "840 mm³": three digits that matter and a thin space.
QString spokenVolume(double cubicMillimetres);

}  // namespace maquette
