#pragma once

#include <vector>

#include "doctor/probe_answer.h"
#include "doctor/report.h"

namespace maquette {

/// What the probes said, in words: what works, what does not and why, and what to do.
Finding judgeMachine(const ProbeAnswer& machine);
Finding judgeCard(const ProbeAnswer& machine);
Finding judgePlugin(const ProbeAnswer& neural);
Finding judgeProcessorTrials(const ProbeAnswer& neural);
Finding judgeCardTrials(const ProbeAnswer& neural);
Finding judgeRendering(const ProbeAnswer& rendering);
Finding judgeClassical(const ProbeAnswer& classical);
Finding judgeFolders(const ProbeAnswer& folders);

/// One sentence about everything, and whether the main job can be done.
void summarise(DoctorReport& report);

/// For a probe that did not come to its end: says so, and what it was doing. False if it did.
bool judgeBroken(const ProbeAnswer& answer, const std::string& who, Finding& finding);

/// "24.0 GB"
std::string gigabytes(double bytes);

/// 13000 is "13.0".
std::string cudaVersion(int version);

}  // namespace maquette
