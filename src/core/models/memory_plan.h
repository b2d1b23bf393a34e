#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/models/precision.h"

namespace maquette {

class MemoryLedger;

/// What a job is made of, as far as its memory goes. Zero: not known, or the usual.
struct JobSize {
  std::int64_t triangles = 0;
  int parts = 0;
  int resolution = 0;  ///< grid cells along the longest side
  int views = 0;
  int points = 0;   ///< samples of the surface
  int prompts = 0;  ///< asked for one after the other; 1: a click
};

/// What one stage of a job holds at its worst moment, in bytes.
struct PlanStage {
  std::string name;                  ///< "denoise"; with the model's id the ledger's key
  std::int64_t weightBytes = 0;      ///< known from the file
  std::int64_t activationBytes = 0;  ///< estimated, and corrected by what was measured here before
  int chunk = 0;                     ///< elements done at once; 0: all

  std::int64_t bytes() const { return weightBytes + activationBytes; }
};

/// One way to do the job, as seen from its memory.
struct Rung {
  std::string name;  ///< "all at once", "4096 at a time": for people, in a sentence
  Precision precision = Precision::f32;
  int chunk = 0;          ///< elements done at once; 0: all
  bool streamed = false;  ///< weights stay on the host or in their file and come when needed
  WeightForm weights = WeightForm::full;  ///< with `loss` where it is not
  std::string loss;  ///< what the result loses, a sentence; empty: the result is identical
  std::vector<PlanStage> stages;

  std::int64_t peak() const;         ///< of the largest stage
  std::int64_t weightBytes() const;  ///< held in the largest stage's weights
};

/// From the fastest to the most frugal; what loses nothing comes first.
using Ladder = std::vector<Rung>;

/// @throws Error  empty, or a rung without loss stands behind one with loss
void requireLadder(const Ladder& ladder);

/// How a model will do a job: made before it, shown, and followed.
struct MemoryPlan {
  std::string model;       ///< id
  std::string label;       ///< for people
  std::string where;       ///< the device's name, or "processor"; the ledger's second key
  bool onDevice = false;   ///< on the graphics card
  std::int64_t room = 0;   ///< bytes that it was made for
  std::int64_t limit = 0;  ///< the user's, bytes, where it is what bounds the room; else 0
  Ladder ladder;           ///< corrected by the ledger
  std::size_t rung = 0;    ///< the chosen one

  const Rung& chosen() const { return ladder[rung]; }
  std::int64_t peak() const { return chosen().peak(); }
};

/// One stage as it was.
struct StageUse {
  std::string name;
  std::int64_t measured = 0;  ///< peak bytes, weights and all
  double seconds = 0.;
};

/// What a job took in the end.
struct MemoryUse {
  std::size_t rung = 0;  ///< where it ended on its plan's ladder
  std::vector<StageUse> stages;

  std::int64_t peak() const;
};

/// Picks the first rung that fits.
///
/// @param plan    everything but ladder and rung
/// @param ladder  as the model estimates it
/// @param int8    rungs with weights in 8 bits come first, where the ladder has any
/// @param ledger  corrects the activations; may be null
/// @throws OutOfMemory  not even the last rung fits; says which limit or what else would do
MemoryPlan planMemory(MemoryPlan plan, Ladder ladder, const MemoryLedger* ledger,
                      bool int8 = false);

/// Keeps the measured beside the predicted.
///
/// @param estimate  the rung on which the job ended, as the model estimated it
void recordUse(MemoryLedger& ledger, const MemoryPlan& plan, const Rung& estimate,
               const MemoryUse& use);

/// "about 3.2 GB of 7.4 GB, 4096 at a time, bf16": for a line before the job.
std::string spokenPlan(const MemoryPlan& plan);

/// A model that can be told how to use memory, and says afterwards what it took. Networks are.
class PlannedModel {
 public:
  virtual ~PlannedModel() = default;
  /// Before each job, on the job's thread.
  virtual void follow(const MemoryPlan& plan) = 0;
  /// Of the last job.
  virtual MemoryUse used() const = 0;
};

}  // namespace maquette
