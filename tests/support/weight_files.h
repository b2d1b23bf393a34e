#pragma once

#include <filesystem>
#include <vector>

#include "neural/weights/name_report.h"

namespace maquette::test {

/// What a written tensor holds: nothing (the file takes no room on the disk), halves of modest size
/// that repeat every megabyte, or numbers of the tensor's own type as trained weights are:
/// bell-shaped (0.02), one in a thousand four times as large; they repeat every 2^20 numbers.
enum class Fill { Holes, Halves, Bell };

/// Writes a safetensors file as the official ones are: no metadata, the largest types first, then
/// by name, a compact header padded to eight bytes. Every tensor has a type.
void writeSafetensors(const std::filesystem::path& file, std::vector<NamedShape> tensors,
                      Fill fill);

/// Writes a PyTorch archive (zip64, records at multiples of 64): a dict, or one dict a part where
/// names begin with "model.", "vae." or "conditioner.". Types F16, BF16 and F32.
void writeCheckpoint(const std::filesystem::path& file, const std::vector<NamedShape>& tensors,
                     Fill fill);

}  // namespace maquette::test
