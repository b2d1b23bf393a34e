#pragma once

namespace maquette {

/// Sends VTK's own messages to our log. Call before anything of VTK is made.
void routeVtkMessages();

}  // namespace maquette
