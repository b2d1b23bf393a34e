#include "surface/min_cut.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace maquette {
namespace {

constexpr std::int64_t kInfinity = std::numeric_limits<std::int64_t>::max();

/// Residual arcs grouped by node; source and sink are the last two.
class Flow {
 public:
  struct Arc {
    std::uint32_t to;
    std::uint32_t back;  // the opposite arc
    std::int64_t room;
  };

  explicit Flow(std::uint32_t nodes)
      : first_(nodes + 3, 0), source_(nodes), sink_(nodes + 1), level_(nodes + 2) {}

  void expect(std::uint32_t a, std::uint32_t b) {
    ++first_[a + 1];
    ++first_[b + 1];
  }
  void ready() {
    for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
    arcs_.resize(first_.back());
    next_.assign(first_.begin(), first_.end() - 1);
  }
  void join(std::uint32_t a, std::uint32_t b, std::int64_t there, std::int64_t back) {
    const std::uint32_t i = next_[a]++, j = next_[b]++;
    arcs_[i] = {b, j, there};
    arcs_[j] = {a, i, back};
  }
  std::uint32_t source() const { return source_; }
  std::uint32_t sink() const { return sink_; }

  void run() {
    while (layered()) {
      next_.assign(first_.begin(), first_.end() - 1);
      while (push()) {
      }
    }
  }
  bool reached(std::uint32_t node) const { return level_[node] >= 0; }

 private:
  bool layered() {
    std::ranges::fill(level_, -1);
    level_[source_] = 0;
    queue_.assign(1, source_);
    for (std::size_t head = 0; head < queue_.size(); ++head)
      for (std::uint32_t i = first_[queue_[head]]; i < first_[queue_[head] + 1]; ++i)
        if (arcs_[i].room > 0 && level_[arcs_[i].to] < 0) {
          level_[arcs_[i].to] = level_[queue_[head]] + 1;
          queue_.push_back(arcs_[i].to);
        }
    return level_[sink_] >= 0;
  }

  /// One more path from source to sink along rising levels.
  bool push() {
    path_.clear();
    std::uint32_t at = source_;
    while (at != sink_) {
      std::uint32_t& i = next_[at];
      while (i < first_[at + 1] && !(arcs_[i].room > 0 && level_[arcs_[i].to] == level_[at] + 1))
        ++i;
      if (i < first_[at + 1]) {
        path_.push_back(i);
        at = arcs_[i].to;
        continue;
      }
      if (path_.empty()) return false;
      at = arcs_[arcs_[path_.back()].back].to;
      ++next_[at];
      path_.pop_back();
    }
    std::int64_t most = kInfinity;
    for (const std::uint32_t i : path_) most = std::min(most, arcs_[i].room);
    for (const std::uint32_t i : path_) {
      arcs_[i].room -= most;
      arcs_[arcs_[i].back].room += most;
    }
    return true;
  }

  std::vector<std::uint32_t> first_;
  std::uint32_t source_, sink_;
  std::vector<std::int32_t> level_;
  std::vector<Arc> arcs_;
  std::vector<std::uint32_t> next_, queue_, path_;
};

}  // namespace

std::vector<std::uint8_t> MinCut::solve() const {
  const auto nodes = std::uint32_t(bias_.size());
  Flow flow(nodes);
  for (std::uint32_t n = 0; n < nodes; ++n)
    if (bias_[n] != 0) flow.expect(n, bias_[n] > 0 ? flow.source() : flow.sink());
  for (const Edge& e : edges_) flow.expect(e.a, e.b);
  flow.ready();
  for (std::uint32_t n = 0; n < nodes; ++n) {
    if (bias_[n] > 0) flow.join(flow.source(), n, bias_[n], 0);
    if (bias_[n] < 0) flow.join(n, flow.sink(), -bias_[n], 0);
  }
  for (const Edge& e : edges_) flow.join(e.a, e.b, e.cost, e.cost);
  flow.run();
  std::vector<std::uint8_t> in(nodes);
  for (std::uint32_t n = 0; n < nodes; ++n) in[n] = flow.reached(n);
  return in;
}

}  // namespace maquette
