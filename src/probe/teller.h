#pragma once

#include <string>

namespace maquette {

/// Tells the program that asked what is found, one line each, at once: a crash later takes nothing
/// back. See doctor/probe_answer.h.
void tell(const std::string& key, std::string value);
void tell(const std::string& key, double value);

/// What is begun now, for the case that it never ends: "opening the plug-in".
void tellDoing(const std::string& what);

// What each subject says; see doctor/judge.h.
void tellMachine();
void tellNeural();
void tellRendering();
void tellSmallJob();
void tellFolders();

}  // namespace maquette
