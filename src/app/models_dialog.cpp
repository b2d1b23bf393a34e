#include "app/models_dialog.h"

#include <QDesktopServices>
#include <QFileDialog>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QUrl>

#include "app/file_path.h"
#include "app/model_row.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "ui_models_dialog.h"

namespace maquette {
namespace {

QString shown(const std::string& text) { return QString::fromStdString(text); }
QString shown(std::string_view text) {
  return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

QString shownPath(const std::filesystem::path& path) {
  QString text = QFile::decodeName(path.c_str());
  if (const QString home = QDir::homePath(); text.startsWith(home + "/"))
    text.replace(0, home.size(), "~");
  return text;
}

void empty(QLayout* layout) {
  while (QLayoutItem* item = layout->takeAt(0)) {
    delete item->widget();
    delete item;
  }
}

}  // namespace

Catalogue windowCatalogue() {
  const QString name = qEnvironmentVariable("MAQUETTE_CATALOGUE");
  if (name.isEmpty()) return officialCatalogue();
  QFile file(name);
  try {
    if (file.open(QIODevice::ReadOnly))
      return readCatalogue(file.readAll().toStdString(), pathOf(name));
    log("models")->warn("{}: {}", name.toStdString(), file.errorString().toStdString());
  } catch (const Error& error) {
    log("models")->warn("{}", error.what());
  }
  return officialCatalogue();
}

ModelPlaces placesBy(const Settings& settings) {
  return modelPlaces(qEnvironmentVariableIsSet("MAQUETTE_MODELS") ? std::filesystem::path()
                                                                  : pathOf(settings.modelsFolder));
}

ModelsDialog::ModelsDialog(ModelDownloads& downloads, MemoryMonitor& monitor, Settings& settings,
                           const Theme& theme, QWidget* parent)
    : QDialog(parent),
      downloads_(downloads),
      monitor_(monitor),
      settings_(settings),
      theme_(theme),
      ui_(std::make_unique<Ui::ModelsDialog>()) {
  ui_->setupUi(this);
  setObjectName("modelsDialog");
  for (QPushButton* button : findChildren<QPushButton*>()) button->setAutoDefault(false);
  makeRows();
  ui_->mirror->setText(settings_.modelsMirror);
  connect(ui_->mirror, &QLineEdit::editingFinished, this, &ModelsDialog::takeMirror);
  connect(ui_->closeModels, &QPushButton::clicked, this, &QDialog::close);
  auto* sources = new QMenu(this);
  sources->addAction(tr("A folder…"), this, [this] { askImport({}, true); })
      ->setObjectName("importFolder");
  sources->addAction(tr("A file…"), this, [this] { askImport({}, false); })
      ->setObjectName("importFile");
  ui_->importAny->setMenu(sources);
  connect(ui_->chooseFolder, &QPushButton::clicked, this, &ModelsDialog::chooseFolder);
  connect(ui_->openFolder, &QPushButton::clicked, this, [this] {
    const QString folder = QFile::decodeName(downloads_.store().places().store.c_str());
    QDir().mkpath(folder);
    QDesktopServices::openUrl(QUrl::fromLocalFile(folder));
  });
  connect(ui_->back, &QPushButton::clicked, this,
          [this] { ui_->pages->setCurrentWidget(ui_->listPage); });
  connect(ui_->proceed, &QPushButton::clicked, this, [this] {
    ui_->pages->setCurrentWidget(ui_->listPage);
    if (then_) then_();
  });
  connect(ui_->agreed, &QCheckBox::toggled, ui_->proceed, &QWidget::setEnabled);
  connect(&downloads_, &ModelDownloads::changed, this, &ModelsDialog::refresh);
  connect(&downloads_, &ModelDownloads::ticked, this, [this] {
    for (ModelRow* row : rows_) row->tick();
  });
  refresh({});
}

ModelsDialog::~ModelsDialog() = default;

void ModelsDialog::makeRows() {
  auto* column = static_cast<QVBoxLayout*>(ui_->modelColumn->layout());
  std::string job;
  for (const ModelGroup& group : downloads_.catalogue().groups) {
    if (group.job != job) {
      job = group.job;
      if (column->count() > 0) column->addSpacing(16);
      addText(column, shown(titleOfJob(job)).toUpper(), "heading");
    }
    auto* row = new ModelRow(group, downloads_, theme_, ui_->modelColumn);
    connect(row, &ModelRow::downloadWanted, this, [this, &group] { download(group); });
    connect(row, &ModelRow::importWanted, this,
            [this, &group](bool folder) { askImport(group.id, folder); });
    connect(row, &ModelRow::removeWanted, this, [this, &group] { askRemove(group); });
    rows_.push_back(row);
    column->addWidget(row);
    auto* line = new QWidget(ui_->modelColumn);
    line->setProperty("role", "divider");
    line->setAttribute(Qt::WA_StyledBackground);
    line->setFixedHeight(1);
    column->addWidget(line);
  }
  column->addStretch();
}

void ModelsDialog::refresh(const std::string& id) {
  const MemorySample machine = monitor_.sample();
  ui_->machine->setText(
      machine.device
          ? tr("This machine: %1 with %2 of graphics memory.")
                .arg(shown(machine.deviceName),
                     shown(spokenBytes(static_cast<std::uint64_t>(machine.device->total))))
          : tr("This machine has no graphics card that they can use: the processor does their "
               "work, "
               "slowly."));
  for (ModelRow* row : rows_)
    if (id.empty() || row->id() == id) row->refresh(machine);
  refreshFoot();
}

void ModelsDialog::refreshFoot() {
  const ModelStore& store = downloads_.store();
  const auto free = store.freeBytes();
  ui_->folder->setText(free ? tr("Kept in %1 · %2 free")
                                  .arg(shownPath(store.places().store), shown(spokenBytes(*free)))
                            : tr("Kept in %1").arg(shownPath(store.places().store)));
  ui_->chooseFolder->setEnabled(!downloads_.busy() &&
                                !qEnvironmentVariableIsSet("MAQUETTE_MODELS"));
  const ModelDownloads::View any = downloads_.view({});
  ui_->importAny->setEnabled(any.doing == ModelDownloads::Doing::nothing);
  ui_->importMessage->setText(any.doing != ModelDownloads::Doing::nothing ? tr("Importing…")
                                                                          : any.message);
  ui_->importMessage->setVisible(!ui_->importMessage->text().isEmpty());
}

void ModelsDialog::showModel(const std::string& id) {
  ui_->pages->setCurrentWidget(ui_->listPage);
  for (ModelRow* row : rows_)
    if (row->id() == id) {
      ui_->modelColumn->layout()->activate();
      ui_->modelList->ensureWidgetVisible(row);
    }
}

void ModelsDialog::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && ui_->pages->currentWidget() == ui_->questionPage)
    return ui_->pages->setCurrentWidget(ui_->listPage);
  QDialog::keyPressEvent(event);
}

QLabel* ModelsDialog::addText(QVBoxLayout* column, const QString& text, const char* role) {
  auto* label = new QLabel(text, this);
  label->setProperty("role", role);
  label->setTextFormat(Qt::PlainText);
  label->setWordWrap(true);
  column->addWidget(label);
  return label;
}

QVBoxLayout* ModelsDialog::beginQuestion(const QString& title, const QString& proceed,
                                         bool agreement, std::function<void()> then) {
  auto* column = static_cast<QVBoxLayout*>(ui_->questionBody->layout());
  empty(column);
  ui_->questionTitle->setText(title);
  ui_->proceed->setText(proceed);
  ui_->agreed->setChecked(false);
  ui_->agreed->setVisible(agreement);
  ui_->proceed->setEnabled(!agreement);
  then_ = std::move(then);
  ui_->pages->setCurrentWidget(ui_->questionPage);
  (agreement ? static_cast<QWidget*>(ui_->agreed) : ui_->back)->setFocus();
  return column;
}

void ModelsDialog::download(const ModelGroup& group) {
  takeMirror();
  if (!downloads_.openLicences(group.id).empty()) return showLicences(group);
  downloads_.download(group.id);
}

void ModelsDialog::showLicences(const ModelGroup& group) {
  auto* column = beginQuestion(tr("Before %1 is downloaded").arg(shown(group.title)),
                               tr("Accept and download"), true,
                               [this, &group] { downloads_.acceptAndDownload(group.id); });
  for (const Licence* licence : downloads_.openLicences(group.id)) {
    addText(column, shown(licence->name), "strong");
    if (const std::string limits = limitsOf(*licence); !limits.empty())
      addText(column, tr("Limits: %1.").arg(shown(limits)), "caution");
    addText(column, shown(licence->summary), "");
    auto* link = new QPushButton(tr("The licence itself: %1").arg(shown(licence->address)), this);
    link->setObjectName("licenceAddress");
    link->setProperty("role", "link");
    link->setCursor(Qt::PointingHandCursor);
    link->setAutoDefault(false);
    connect(link, &QPushButton::clicked, this,
            [address = shown(licence->address)] { QDesktopServices::openUrl(QUrl(address)); });
    column->addWidget(link);
    column->addSpacing(16);
  }
  addText(column, tr("The lines above are a summary; what counts is the licence itself."), "hint");
  column->addStretch();
}

void ModelsDialog::askRemove(const ModelGroup& group) {
  const std::uint64_t bytes = downloads_.store().removableBytes(group);
  auto* column = beginQuestion(tr("Delete %1?").arg(shown(group.title)), tr("Delete"), false,
                               [this, &group] { downloads_.remove(group.id); });
  addText(column,
          bytes > 0 ? tr("This frees %1. It can be downloaded again at any time.")
                          .arg(shown(spokenBytes(bytes)))
                    : tr("The files stay where they are; Maquette no longer uses them."),
          "")
      ->setObjectName("removeText");
  column->addStretch();
}

void ModelsDialog::askImport(const std::string& id, bool folder) {
  auto* dialog =
      new QFileDialog(this,
                      folder ? tr("Choose the folder of a model, or a Hugging Face cache")
                             : tr("Choose a weight file"),
                      settings_.lastFolder);
  dialog->setObjectName("importDialog");
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFile);
  connect(dialog, &QFileDialog::fileSelected, this,
          [this, id](const QString& path) { downloads_.importFrom(pathOf(path), id); });
  dialog->open();
}

void ModelsDialog::chooseFolder() {
  auto* dialog = new QFileDialog(this, tr("Where the models are kept"),
                                 QFile::decodeName(downloads_.store().places().store.c_str()));
  dialog->setObjectName("modelsFolderDialog");
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::Directory);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
    settings_.modelsFolder = path;
    downloads_.setPlaces(placesBy(settings_));
  });
  dialog->open();
}

void ModelsDialog::takeMirror() {
  settings_.modelsMirror = ui_->mirror->text().trimmed();
  downloads_.setOptions({settings_.modelsMirror.toStdString(), {}});
}

}  // namespace maquette
