#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neural/weights/name_report.h"

namespace maquette {

/// How one official name, or many of one form, becomes ours.
///
/// `{}` stands for a whole number (a layer), `*` for one word without dots ("weight" or "bias"); in
/// `ours` they return in the same order. Texts are literals.
struct NameRule {
  std::string_view official;
  std::string_view ours;  ///< empty: known, and of no use to us
};

/// The names of one network, in a file of its own: a table of rules, the first that fits decides.
class NameMap {
 public:
  NameMap(std::initializer_list<NameRule> rules) : rules_(rules) {}

  /// Our name, "" for one of no use to us, or nothing for one that no rule fits.
  std::optional<std::string> ours(std::string_view official) const;

 private:
  std::vector<NameRule> rules_;
};

struct MappedWeights {
  std::map<std::string, TensorView, std::less<>> tensors;  ///< by our names
  NameReport report;                                       ///< names as they are in the file
};

/// Finds what a network wants among the tensors whose names begin with `prefix`; others are not
/// looked at. What is missing goes by our name, having no other.
///
/// @param wanted  our names and shapes
MappedWeights mapNames(const WeightFile& file, std::string_view prefix, const NameMap& map,
                       std::span<const NamedShape> wanted);

/// What wraps every name of the file and is no part of it: "state_dict.", "module.", "dit." or
/// several of those; mostly "".
std::string wrapperOf(const WeightFile& file);

/// How many layers there are: the numbers that `{}` takes in `pattern`, from 0 without a gap.
///
/// @param pattern  with one `{}`: "model.blocks.{}.norm1.weight"
/// @throws FileError  a number is missing
std::size_t layerCount(const WeightFile& file, std::string_view pattern);

/// Size number `dimension` of a tensor: how configurations are read off.
///
/// @throws FileError  there is no such tensor, or it has fewer dimensions
std::int64_t dimensionOf(const WeightFile& file, std::string_view name, std::size_t dimension);

}  // namespace maquette
