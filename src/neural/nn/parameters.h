#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "neural/nn/int8_matrix.h"
#include "neural/weights/name_map.h"
#include "neural/weights/name_report.h"
#include "neural/weights/weight_file.h"

namespace maquette::neural {

/// Where a network computes, and what its numbers are kept in.
struct Placement {
  c10::Device device = c10::Device(c10::kCPU);
  c10::ScalarType dtype = c10::kFloat;
  /// Matrices of repeated layers with at least so many numbers are kept in 8 bits; 0: none are,
  /// but those that lie in 8 bits in their file.
  std::int64_t int8 = 0;
};

c10::ScalarType scalarTypeOf(Dtype dtype);

/// A stored tensor where it lies: its bytes are shared, and stay mapped while the tensor lives. For
/// reading only: the file is mapped so, and writing would end the program.
///
/// Copied only where the elements begin at an odd address.
at::Tensor tensorOf(const TensorView& view);

/// The weights of one network, which its layers take by name while they are built.
///
/// A view: copies are cheap and see the same weights, at() begins further inside; several threads
/// may take. On the processor
/// and in the file's own type nothing is copied. What is wanted and is not there comes as a tensor
/// on the device `meta`, that has a shape and no numbers, so that a network is built to its end and
/// the report names everything; computing with one fails.
///
///   const Parameters all(openWeights(file), placement);
///   const Denoiser denoiser(all.at("model."));   // takes what it needs
///   all.requireComplete();                        // and nothing is left over
class Parameters {
 public:
  /// Of every name in the file.
  Parameters(const WeightFile& file, Placement placement);

  /// Of what a name map has found in it.
  Parameters(const MappedWeights& weights, const WeightFile& file, Placement placement);

  /// Of tensors that are at hand. @param source  for messages
  Parameters(const std::vector<std::pair<std::string, at::Tensor>>& tensors,
             const std::filesystem::path& source, Placement placement);

  /// Without weights: all that is taken has a shape and no numbers. Tells what a network will want
  /// (wanted()) and hold (bytes()) before its file is there.
  static Parameters planned(Placement placement);

  /// Those whose names begin with `prefix`, by the rest of their names: at("blocks.3.").
  Parameters at(std::string_view prefix) const;

  /// The same weights without their numbers: what is taken counts as taken, has a shape, and lies
  /// nowhere. For what is going to be taken later, maybe again and again.
  Parameters shapesOnly() const;

  /// The tensor of this name: on the device, converted if its numbers have fractions.
  ///
  /// @param shape  what it must have; another one is reported and not given
  at::Tensor take(std::string_view name, at::IntArrayRef shape) const;

  /// The same in a type of its own.
  at::Tensor take(std::string_view name, at::IntArrayRef shape, c10::ScalarType dtype) const;

  /// The matrix [out, in] of a layer, or its convolution [out, x, y, z, in]: as take() gives it, or
  /// in 8 bits, then a matrix in any case.
  std::pair<at::Tensor, Int8Matrix> takeMatrix(std::string_view name, at::IntArrayRef shape) const;

  bool has(std::string_view name) const;

  /// @throws FileError  there is no such tensor
  std::vector<std::int64_t> shape(std::string_view name) const;

  /// Size number `dimension` of a tensor: how configurations are read off.
  ///
  /// @throws FileError  there is no such tensor, or it has fewer dimensions
  std::int64_t size(std::string_view name, std::size_t dimension) const;

  /// How many layers there are: the first number N for which no name begins with "STEM.N.".
  std::size_t layers(std::string_view stem) const;

  /// Says that names beginning with `prefix` are known and of no use here.
  void ignore(std::string_view prefix) const;

  const Placement& placement() const;

  /// What was asked for so far, and what of the names inside this view nobody asked for.
  NameReport report() const;

  /// As the free function, about this view. @throws FileError  something is missing or left over
  void requireComplete(Unexpected unexpected = Unexpected::Refused) const;

  std::vector<NamedShape> wanted() const;  ///< taken so far, in that order
  std::int64_t bytes() const;              ///< of what was taken so far, where it is kept

 private:
  struct Source;
  Parameters(std::shared_ptr<Source> source, std::string prefix, bool shapesOnly = false)
      : source_(std::move(source)), prefix_(std::move(prefix)), shapesOnly_(shapesOnly) {}

  std::shared_ptr<Source> source_;
  std::string prefix_;
  bool shapesOnly_ = false;
};

}  // namespace maquette::neural
