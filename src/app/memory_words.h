#pragma once

#include <QString>
#include <cstdint>

#include "core/models/memory_track.h"

namespace maquette {

/// "3.2 GB", "450 MB": what people read.
QString spokenBytes(std::int64_t bytes);

/// "getting full", "nearly full"; empty while there is room.
QString spokenLevel(MemoryLevel level);

/// Which memory a track is about: the card's name, or "Main memory".
QString nameOfMemory(const MemoryTrack& track);

/// The loaded model and its bytes; empty when there is none.
QString spokenModel(const ModelManager::State& state);

/// What a warning says: what happened, and what to do.
struct MemoryWarning {
  QString title, text;
};
MemoryWarning warningOf(const MemoryTrack& track, MemoryLevel level);

}  // namespace maquette
