#include "cli/report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "core/geometry/bounds.h"
#include "core/geometry/measures.h"
#include "core/geometry/topology.h"
#include "core/geometry/weld.h"

namespace maquette {
namespace {

Report triple(Vec3 v) { return {v.x, v.y, v.z}; }

std::string valueText(const Report& value) {
  if (value.is_string()) {
    // Names from files must not steer a terminal.
    std::string text = value.get<std::string>();
    std::ranges::replace_if(
        text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
    return text;
  }
  if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
  if (value.is_null()) return "-";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_array()) {
    std::string text;
    for (const Report& item : value) text += (text.empty() ? "" : " ") + valueText(item);
    return text;
  }
  return value.dump();
}

/// One row a line, the first column as wide as its widest item.
void appendTable(std::string& text, const Report& rows, const std::string& indent) {
  std::size_t width = 0;
  for (const Report& row : rows) width = std::max(width, valueText(row[0]).size());
  for (const Report& row : rows) {
    text += fmt::format("{}{:<{}}", indent, valueText(row[0]), width);
    for (std::size_t i = 1; i < row.size(); ++i)
      text +=
          row[i].is_array() ? fmt::format("  [{}]", valueText(row[i])) : "  " + valueText(row[i]);
    text += "\n";
  }
}

void append(std::string& text, const Report& report, const std::string& indent) {
  for (const auto& [key, value] : report.items()) {
    std::string label = key;
    for (char& c : label)
      if (c == '_') c = ' ';
    if (value.is_array() && !value.empty() && value[0].is_array() && !value[0].empty()) {
      text += indent + label + "\n";
      appendTable(text, value, indent + "  ");
      continue;
    }
    const bool nested = value.is_object() || (value.is_array() && !value.empty() &&
                                              (value[0].is_object() || value[0].is_string()));
    if (!nested) {
      text += fmt::format("{}{:<24}{}\n", indent, label, valueText(value));
      continue;
    }
    text += indent + label + "\n";
    if (value.is_object()) append(text, value, indent + "  ");
    if (value.is_array())
      for (const Report& item : value) {
        if (item.is_object())
          append(text, item, indent + "  ");
        else
          text += indent + "  " + valueText(item) + "\n";
      }
  }
}

}  // namespace

Report describe(const Mesh& mesh) {
  const Mesh welded = weld(mesh, false).mesh;
  const TopologyReport topology = examine(welded);
  const Bounds bounds = boundsOf(mesh);
  const bool solid = topology.closed();
  Report report;
  report["triangles"] = mesh.triangles.size();
  report["vertices"] = welded.positions.size();
  report["bounds_mm"] = {
      {"min", triple(bounds.min)}, {"max", triple(bounds.max)}, {"size", triple(bounds.size())}};
  report["volume_mm3"] = solid ? Report(volumeOf(mesh)) : Report(nullptr);
  report["area_mm2"] = areaOf(mesh);
  report["shells"] = topology.shells;
  report["open_edges"] = topology.openEdges;
  report["non_manifold_edges"] = topology.nonManifoldEdges;
  report["inconsistent_edges"] = topology.inconsistentEdges;
  report["non_manifold_vertices"] = topology.nonManifoldVertices;
  report["degenerate_triangles"] = topology.degenerateTriangles;
  report["genus"] = topology.closedManifold() ? Report(topology.genus()) : Report(nullptr);
  report["closed"] = topology.closedManifold();
  return report;
}

std::string asText(const Report& report) {
  if (report.contains("text")) return report["text"].get<std::string>();
  std::string text;
  append(text, report, "");
  return text;
}

}  // namespace maquette
