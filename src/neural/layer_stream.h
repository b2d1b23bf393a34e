#pragma once

#include <c10/core/Device.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace maquette::neural {

/// Makes things one ahead of their use, on a thread of its own: what LayerStream is made of.
///
/// On a graphics card they are made on a stream of its own, so that copying and computing overlap;
/// events keep the two in order. Through libtorch's device-neutral interfaces only.
class AheadOfUse {
 public:
  using Make = std::function<std::shared_ptr<void>(std::size_t index)>;

  AheadOfUse(std::size_t count, Make make, c10::Device device);
  AheadOfUse(const AheadOfUse&) = delete;
  AheadOfUse& operator=(const AheadOfUse&) = delete;
  /// Waits for what is being made.
  ~AheadOfUse();

  /// Number `index`, ready to be used on the current stream; the one before is dropped. Then number
  /// `index` + 1 is begun. Where there is no memory for two at once it makes do with one.
  ///
  /// @throws what making it throws
  std::shared_ptr<void> take(std::size_t index);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The layers of a network, one after the other: all of them where they compute, or two at a time,
/// brought from their file while the one before computes.
///
/// A layer is whatever `make` builds; building it is what brings its weights. From a mapped file
/// and in the file's own type on the processor that costs nothing; elsewhere it is a copy.
template <class Layer>
class LayerStream {
 public:
  using Make = std::function<Layer(std::size_t index)>;

  /// @param make  called for 0 .. count - 1, from another thread if `streamed`
  LayerStream(std::size_t count, Make make, bool streamed, c10::Device device) : count_(count) {
    if (streamed) {
      ahead_ = std::make_unique<AheadOfUse>(
          count,
          [make = std::move(make)](std::size_t index) -> std::shared_ptr<void> {
            return std::make_shared<Layer>(make(index));
          },
          device);
      return;
    }
    layers_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) layers_.push_back(make(i));
  }

  std::size_t size() const { return count_; }
  bool streamed() const { return ahead_ != nullptr; }

  /// Good until the next call. In the order of their use; beginning again is free to happen.
  const Layer& at(std::size_t index) {
    if (!ahead_) return layers_[index];
    current_.reset();
    current_ = std::static_pointer_cast<Layer>(ahead_->take(index));
    return *current_;
  }

 private:
  std::size_t count_;
  std::vector<Layer> layers_;
  std::shared_ptr<Layer> current_;
  std::unique_ptr<AheadOfUse> ahead_;
};

}  // namespace maquette::neural
