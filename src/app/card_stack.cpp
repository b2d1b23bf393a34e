#include "app/card_stack.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace maquette {
namespace {

constexpr const char *kStageProperty = "stage", *kTitleProperty = "title";
constexpr int kMostCards = 3;

QLabel* wrapped(const QString& text, const QString& name) {
  auto* label = new QLabel(text);
  label->setObjectName(name);
  label->setWordWrap(true);
  label->setTextFormat(Qt::PlainText);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  return label;
}

QPushButton* link(const QString& text, const QString& name) {
  auto* button = new QPushButton(text);
  button->setObjectName(name);
  button->setProperty("role", "link");
  button->setCursor(Qt::PointingHandCursor);
  return button;
}

const char* kindName(Message::Kind kind) {
  return kind == Message::Kind::error ? "error" : kind == Message::Kind::offer ? "offer" : "note";
}

bool isOf(const QWidget* card, Stage stage) {
  return card->property(kStageProperty).toInt() == static_cast<int>(stage);
}

bool is(const QWidget* card, Message::Kind kind, Stage stage, const QString& title) {
  return isOf(card, stage) && card->property("kind") == kindName(kind) &&
         card->property(kTitleProperty).toString() == title;
}

}  // namespace

CardStack::CardStack(const Theme& theme, QWidget* parent)
    : QWidget(parent), theme_(theme), column_(new QVBoxLayout(this)) {
  setObjectName("cards");
  column_->setContentsMargins(12, 12, 12, 0);
  column_->setSpacing(8);
  hide();
}

void CardStack::drop(QWidget* card) {
  column_->removeWidget(card);
  card->hide();
  card->deleteLater();
}

/// Drops the cards for which goes(card).
template <class Goes>
void CardStack::remove(Goes&& goes) {
  for (int i = column_->count() - 1; i >= 0; --i) {
    QWidget* card = column_->itemAt(i)->widget();
    if (goes(card)) drop(card);
  }
}

void CardStack::add(const Message& message) {
  remove([&](QWidget* card) { return is(card, message.kind, message.stage, message.title); });
  column_->insertWidget(0, makeCard(message));
  while (column_->count() > kMostCards) drop(column_->itemAt(column_->count() - 1)->widget());
  refresh();
}

void CardStack::setStage(Stage stage) {
  stage_ = stage;
  refresh();
}

void CardStack::clear(Stage stage) {
  remove([&](QWidget* card) { return isOf(card, stage) && card->property("kind") != "offer"; });
  refresh();
}

void CardStack::withdraw(Stage stage, const QString& title) {
  remove([&](QWidget* card) { return is(card, Message::Kind::note, stage, title); });
  refresh();
}

void CardStack::refresh() {
  bool any = false;
  for (int i = 0; i < column_->count(); ++i) {
    QWidget* card = column_->itemAt(i)->widget();
    const bool here = isOf(card, stage_);
    card->setVisible(here);
    any |= here;
  }
  setVisible(any);
}

QWidget* CardStack::makeCard(const Message& message) {
  auto* card = new QWidget(this);
  card->setObjectName("card");
  card->setProperty("kind", kindName(message.kind));
  card->setProperty(kStageProperty, static_cast<int>(message.stage));
  card->setProperty(kTitleProperty, message.title);
  card->setAttribute(Qt::WA_StyledBackground);
  const auto dismiss = [this, card] {
    drop(card);
    refresh();
  };
  auto* column = new QVBoxLayout(card);
  column->setContentsMargins(12, 8, 8, 8);
  column->setSpacing(4);
  auto* head = new QHBoxLayout;
  head->addWidget(wrapped(message.title, "cardTitle"), 1, Qt::AlignVCenter);
  auto* close = new QToolButton;
  close->setObjectName("dismissCard");
  theme_.setIcon(close, "close");
  close->setIconSize({14, 14});
  close->setToolTip(tr("Dismiss"));
  connect(close, &QToolButton::clicked, card, dismiss);
  head->addWidget(close, 0, Qt::AlignTop);
  column->addLayout(head);
  if (!message.text.isEmpty()) column->addWidget(wrapped(message.text, "cardText"));

  auto* foot = new QHBoxLayout;
  foot->setSpacing(16);
  if (message.action) {
    QPushButton* act = link(message.actionText, "cardAction");
    connect(act, &QPushButton::clicked, card, [action = message.action, dismiss] {
      dismiss();
      action();
    });
    foot->addWidget(act);
  }
  if (!message.details.isEmpty()) {
    auto* details = new QPlainTextEdit(message.details);
    details->setObjectName("cardDetails");
    details->setReadOnly(true);
    details->setFixedHeight(72);
    details->hide();
    QPushButton* more = link(tr("Details"), "cardMore");
    connect(more, &QPushButton::clicked, card,
            [details] { details->setVisible(details->isHidden()); });
    foot->addWidget(more);
    QPushButton* copy = link(tr("Copy"), "cardCopy");
    connect(copy, &QPushButton::clicked, card, [message] {
      QApplication::clipboard()->setText(
          QStringList{message.title, message.text, message.details}.join('\n'));
    });
    foot->addWidget(copy);
    foot->addStretch();
    column->addLayout(foot);
    column->addWidget(details);
  } else if (message.action) {
    foot->addStretch();
    column->addLayout(foot);
  } else {
    delete foot;
  }
  return card;
}

}  // namespace maquette
