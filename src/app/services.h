#pragma once

#include <memory>

#include "app/lane.h"
#include "app/settings.h"
#include "core/device/memory_ledger.h"
#include "core/device/memory_monitor.h"
#include "core/models/model_manager.h"
#include "core/models/neural_plugin.h"
#include "models/networks.h"

namespace maquette {

/// What the whole program shares. Built in main and passed by reference; no singletons.
struct Services {
  Services();
  /// Stops every job and waits for the lanes.
  ~Services() = default;
  void follow(const Settings& settings);  ///< limits and when models go
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  Registry registry;  ///< constant once built
  std::unique_ptr<MemoryMonitor> monitor;
  NeuralPlugin neural;     ///< opened on the gpu lane, at the first use of a neural model
  NetworkWeights weights;  ///< what the networks read
  MemoryLedger ledger;
  ModelManager models;
  Lane work;  ///< files, pictures, print checks
  Lane gpu;   ///< models and sessions; the last member, so that it ends first
};

}  // namespace maquette
