#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maquette {

/// How one thing stands.
enum class Verdict {
  works,
  limited,  ///< it works, but less well than it could
  absent,   ///< it is not there or switched off, and Maquette does without
  fails     ///< it should work and does not
};

/// "works", "limited", "not there", "fails".
std::string_view spoken(Verdict verdict);

/// What the self-test found out about one thing. Texts are for people.
struct Finding {
  std::string id;     ///< "graphics-card"; stays the same from version to version
  std::string title;  ///< "Graphics card"
  Verdict verdict = Verdict::works;
  std::string summary = {};                                     ///< what is the case, in a sentence
  std::string advice = {};                                      ///< what to do; empty: nothing
  std::vector<std::pair<std::string, std::string>> facts = {};  ///< name and value
  std::string detail = {};                                      ///< technical; may be empty
};

/// All of them.
struct DoctorReport {
  std::string summary;  ///< what can be done here
  bool works = false;   ///< pictures become printable parts here
  std::vector<Finding> findings;
  double seconds = 0.;

  const Finding* find(std::string_view id) const;
};

/// The whole report, to be read or copied into a letter. @param program  "Maquette 0.1.0"
std::string asText(const DoctorReport& report, const std::string& program);

}  // namespace maquette
