#pragma once

#include <QString>
#include <functional>

#include "app/stage.h"

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

}  // namespace maquette
