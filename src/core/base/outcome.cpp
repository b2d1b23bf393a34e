#include "core/base/outcome.h"

namespace maquette {

Failure currentFailure() {
  try {
    throw;
  } catch (const Error& error) {
    return {error.what(), error.detail()};
  } catch (const std::bad_alloc& error) {
    return {
        "There is not enough memory for this. Close other programs or choose a lower resolution.",
        error.what()};
  } catch (const std::exception& error) {
    return {"Something unexpected went wrong. Your work is kept; the details are in the log.",
            error.what()};
  } catch (...) {
    return {"Something unexpected went wrong. Your work is kept.", "unknown exception"};
  }
}

}  // namespace maquette
