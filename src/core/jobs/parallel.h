#pragma once

#include <cstddef>
#include <functional>

namespace maquette {

/// Threads that parallelFor may use; 0 means one per core. Set once, in main.
void setThreadLimit(int threads);
int threadLimit();

/// Calls body(begin, end) over [0, count) in slices of about `grain`, on several threads.
///
/// The slices do not depend on the number of threads, so a body that writes only its own slice
/// gives the same result everywhere.
///
/// @throws what the first failing body threw, after all threads have stopped
void parallelFor(std::size_t count, std::size_t grain,
                 const std::function<void(std::size_t begin, std::size_t end)>& body);

}  // namespace maquette
