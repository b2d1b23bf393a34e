#include "solid/threads.h"

#include <tbb/global_control.h>

#include <memory>
#include <mutex>
#include <thread>

namespace maquette {

void applyThreadLimit(int threads) {
  // The control must live as long as the limit: TBB drops the limit with the object.
  static std::mutex mutex;
  static std::unique_ptr<tbb::global_control> control;
  const std::lock_guard lock(mutex);
  const auto wanted = threads > 0 ? static_cast<std::size_t>(threads)
                                  : std::max<std::size_t>(1, std::thread::hardware_concurrency());
  control.reset();
  control =
      std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism, wanted);
}

}  // namespace maquette
