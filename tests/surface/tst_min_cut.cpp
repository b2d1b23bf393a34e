#include <QtTest>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "surface/min_cut.h"

using namespace maquette;

namespace {

struct Problem {
  struct Edge {
    std::uint32_t a, b;
    std::int64_t cost;
  };
  std::vector<std::int64_t> bias;
  std::vector<Edge> edges;

  std::int64_t costOf(std::uint32_t in) const {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < bias.size(); ++i) {
      const bool isIn = in >> i & 1;
      sum += isIn ? std::max<std::int64_t>(0, -bias[i]) : std::max<std::int64_t>(0, bias[i]);
    }
    for (const Edge& e : edges)
      if ((in >> e.a & 1) != (in >> e.b & 1)) sum += e.cost;
    return sum;
  }

  std::uint32_t solved() const {
    MinCut cut(std::uint32_t(bias.size()));
    for (std::size_t i = 0; i < bias.size(); ++i) cut.addBias(std::uint32_t(i), bias[i]);
    for (const Edge& e : edges) cut.addEdge(e.a, e.b, e.cost);
    const std::vector<std::uint8_t> flags = cut.solve();
    std::uint32_t in = 0;
    for (std::size_t i = 0; i < flags.size(); ++i) in |= std::uint32_t(flags[i]) << i;
    return in;
  }
};

Problem drawn(std::uint32_t seed, std::uint32_t nodes) {
  std::mt19937 random(seed);
  Problem p;
  for (std::uint32_t i = 0; i < nodes; ++i) p.bias.push_back(std::int64_t(random() % 21) - 10);
  for (std::uint32_t i = 0; i < 2 * nodes; ++i)
    p.edges.push_back({std::uint32_t(random() % nodes), std::uint32_t(random() % nodes),
                       std::int64_t(random() % 6)});
  std::erase_if(p.edges, [](const auto& e) { return e.a == e.b; });
  return p;
}

}  // namespace

class TstMinCut : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void noOtherCutIsCheaper() {
    for (std::uint32_t seed = 0; seed < 200; ++seed) {
      const Problem p = drawn(seed, 2 + seed % 9);
      const std::uint32_t found = p.solved();
      std::int64_t least = std::numeric_limits<std::int64_t>::max();
      for (std::uint32_t in = 0; in < 1u << p.bias.size(); ++in)
        least = std::min(least, p.costOf(in));
      QCOMPARE(p.costOf(found), least);
      for (std::uint32_t in = 0; in < 1u << p.bias.size(); ++in)
        if (p.costOf(in) == least)
          QVERIFY2((found & ~in) == 0, "of equally cheap cuts, the one with the fewest nodes");
    }
  }

  void moreAgainstANodeNeverAddsOne() {
    for (std::uint32_t seed = 0; seed < 100; ++seed) {
      Problem p = drawn(seed, 8);
      const std::uint32_t before = p.solved();
      p.bias[seed % 8] -= 5;
      QVERIFY((p.solved() & ~before) == 0);
    }
  }

  void nothingAndOneNodeAreCut() {
    QVERIFY(MinCut(0).solve().empty());
    for (const std::int64_t bias : {-3, 0, 3}) {
      MinCut cut(1);
      cut.addBias(0, bias);
      QCOMPARE(int(cut.solve()[0]), bias > 0 ? 1 : 0);
    }
  }
};

QTEST_APPLESS_MAIN(TstMinCut)
#include "tst_min_cut.moc"
