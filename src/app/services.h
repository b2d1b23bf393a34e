#pragma once

#include <memory>
#include <string>

#include "app/lane.h"
#include "core/device/memory_monitor.h"
#include "core/models/model_manager.h"
#include "core/models/neural_plugin.h"

namespace maquette {

/// A session kept between clicks. Touched on the gpu lane only.
struct ParkedSession {
  MeshPtr mesh;
  std::string model;
  std::unique_ptr<SegmentSession> session;
};

/// What the whole program shares. Built in main and passed by reference; no singletons.
struct Services {
  Services();
  /// Stops every job and waits for the lanes.
  ~Services() = default;
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  Registry registry;  ///< constant once built
  std::unique_ptr<MemoryMonitor> monitor;
  NeuralPlugin neural;  ///< opened on the gpu lane, at the first use of a neural model
  ModelManager models;
  std::shared_ptr<ParkedSession> parked;
  Lane work;  ///< files, pictures, print checks
  Lane gpu;   ///< models and sessions; the last member, so that it ends first
};

}  // namespace maquette
