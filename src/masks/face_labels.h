#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "masks/face_links.h"

// From labels of samples to labels of faces.
//
// Source: part-segmentation specification 4.1, steps A13, A14, A17.

namespace maquette {

inline constexpr std::int32_t kUncovered = -1;  ///< no mask covers the samples here
inline constexpr std::int32_t kUnknown = -2;    ///< there is no sample here

/// The most frequent label among a face's samples, kUncovered being one like any other; of equally
/// frequent ones the smallest. kUnknown for a face without samples.
///
/// @param faces   N: the face of each sample, < faceCount
/// @param labels  N, >= kUncovered
std::vector<std::int32_t> votedLabels(std::span<const std::uint32_t> faces,
                                      std::span<const std::int32_t> labels, std::size_t faceCount);

/// Labels spread over negative ones, up to 50 faces far against the order of the faces: in each of
/// at most 50 passes a face takes the most frequent label of its neighbours as they are then.
///
/// @throws Cancelled
void grow(const FaceLinks& links, std::vector<std::int32_t>& labels, const Context& ctx);

/// The same over kUnknown only, kUncovered being a label like any other: the first growth.
void growOverUnknown(const FaceLinks& links, std::vector<std::int32_t>& labels, const Context& ctx);

/// Labels spread over kUnknown evenly, nearest first, whatever the order of the faces: each takes
/// the most frequent label beside it; of equally frequent ones a mask's before kUncovered, the
/// smallest.
///
/// What section 5 wants for surfaces with many more faces than samples. There grow() lets
/// kUncovered, which wins every tie, run over whole masks along the order of the faces.
///
/// @throws Cancelled
void spreadOverUnknown(const FaceLinks& links, std::vector<std::int32_t>& labels,
                       const Context& ctx);

}  // namespace maquette
