#pragma once

#include <QString>
#include <functional>

#include "app/stage.h"
#include "core/base/outcome.h"

namespace maquette {

/// Something to tell people without stopping them; shown as a card over the panel of its stage.
struct Message {
  enum class Kind { note, offer, error };
  Kind kind = Kind::note;
  Stage stage = Stage::picture;
  QString title;                 ///< what happened
  QString text;                  ///< what to try, or more about it
  QString details;               ///< technical, folded; may be empty
  QString actionText;            ///< a verb; empty: no button
  std::function<void()> action;  ///< GUI thread
};

/// The message of a job that failed, which is logged too; `retry`, where given, becomes a button.
Message failureMessage(Stage stage, const QString& title, const Failure& failure,
                       std::function<void()> retry = {});

}  // namespace maquette
