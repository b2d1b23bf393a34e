#pragma once

namespace maquette {

/// Sends Qt's own messages to our log.
void routeQtMessages();

}  // namespace maquette
