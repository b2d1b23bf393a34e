// Layers that are made one after the other, each while the one before it computes.

#include <atomic>
#include <memory>
#include <utility>

#include "core/base/error.h"
#include "neural/facts.h"
#include "neural/layer_stream.h"

using namespace maquette;
using neural::LayerStream;

FACT(layersComeInOrderOneAhead) {
  std::atomic<int> alive{0}, most{0};
  struct Layer {
    std::atomic<int>* count;
    std::size_t index;
    Layer(std::atomic<int>& c, std::atomic<int>& m, std::size_t i) : count(&c), index(i) {
      const int now = ++c;
      int known = m;
      while (known < now && !m.compare_exchange_weak(known, now)) {
      }
    }
    Layer(Layer&& other) noexcept
        : count(std::exchange(other.count, nullptr)), index(other.index) {}
    ~Layer() {
      if (count) --*count;
    }
  };
  {
    LayerStream<Layer> layers(
        5, [&](std::size_t i) { return Layer(alive, most, i); }, true, c10::Device(c10::kCPU));
    for (int pass = 0; pass < 3; ++pass)
      for (std::size_t i = 0; i < layers.size(); ++i) EXPECT(layers.at(i).index == i);
    EXPECT(layers.at(3).index == 3);  // any order, if need be
    EXPECT(layers.at(1).index == 1);
  }
  EXPECT(alive == 0);
  EXPECT(most == 2);
}

FACT(aLayerThatDoesNotFitBesideAnotherIsMadeAlone) {
  std::atomic<int> alive{0}, refused{0};
  struct Layer {
    std::shared_ptr<int> held;
  };
  LayerStream<Layer> layers(
      6,
      [&](std::size_t) {
        if (alive > 0) {
          ++refused;
          throw OutOfMemory("one at a time");
        }
        ++alive;
        return Layer{std::shared_ptr<int>(new int(0), [&](int* p) {
          delete p;
          --alive;
        })};
      },
      true, c10::Device(c10::kCPU));
  for (std::size_t i = 0; i < layers.size(); ++i) EXPECT(layers.at(i).held != nullptr);
  EXPECT(refused == 5);
}

FACT(aLayerThatCannotBeReadSaysSo) {
  LayerStream<int> layers(
      3,
      [](std::size_t i) {
        if (i == 1) throw FileError("damaged");
        return int(i);
      },
      true, c10::Device(c10::kCPU));
  EXPECT(layers.at(0) == 0);
  EXPECT(MESSAGE_OF(FileError, layers.at(1)) == "damaged");
  EXPECT(layers.at(2) == 2);
}

FACT_MAIN
