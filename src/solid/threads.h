#pragma once

namespace maquette {

/// Limits the threads of OpenVDB's own scheduler (TBB) for the rest of the process; 0 means one per
/// core. Call beside setThreadLimit, which only reaches our own loops.
void applyThreadLimit(int threads);

}  // namespace maquette
