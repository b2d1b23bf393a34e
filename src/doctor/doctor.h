#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "core/jobs/context.h"
#include "doctor/report.h"

namespace maquette {

/// What the self-test looks at.
enum class Subject { machine, neural, rendering, classical, folders };
inline constexpr Subject kSubjects[] = {Subject::machine, Subject::neural, Subject::rendering,
                                        Subject::classical, Subject::folders};
/// "machine", "neural", ...
std::string nameOf(Subject subject);

struct DoctorOptions {
  std::vector<Subject> subjects{std::begin(kSubjects), std::end(kSubjects)};
  std::chrono::milliseconds mostTime{25'000};  ///< what is not known then is said to take too long
  std::filesystem::path probe;                 ///< empty: maquette-probe beside this program
};

/// Looks at this machine: processor, graphics card, neural plug-in and precisions, off-screen
/// rendering, a small classical run, folders. Changes nothing.
///
/// Everything that might hang or crash (drivers, OpenGL, a disk that is gone) is done side by side
/// in processes of their own, so this always ends, within mostTime and a moment.
///
/// @throws Cancelled  within 200 ms
DoctorReport examine(const DoctorOptions& options, const Context& ctx);

}  // namespace maquette
