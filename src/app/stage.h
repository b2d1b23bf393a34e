#pragma once

#include <QMetaType>

namespace maquette {

/// The four steps of the job, in order.
enum class Stage { picture, shape, parts, print };
inline constexpr int kStages = 4;

inline const char* nameOf(Stage stage) {
  constexpr const char* kNames[] = {"Picture", "Shape", "Parts", "Print"};
  return kNames[static_cast<int>(stage)];
}

}  // namespace maquette
