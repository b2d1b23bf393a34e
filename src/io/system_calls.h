#pragma once

#include <sys/types.h>

#include <cstddef>

namespace maquette {

/// The calls of the system on which writing a file can fail. Tests put faults in their place;
/// pwrite is called from several threads.
struct SystemCalls {
  ssize_t (*pwrite)(int, const void*, std::size_t, off_t);
  int (*fsync)(int);
  int (*close)(int);
  int (*rename)(const char*, const char*);
};

/// What AtomicFile calls. Changed by tests only, while nothing is being written.
SystemCalls& systemCalls();

}  // namespace maquette
