#include "solid/facing.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "core/geometry/bounds.h"
#include "core/jobs/parallel.h"
#include "solid/outlook.h"
#include "solid/winding_number.h"

namespace maquette {
namespace {

constexpr std::size_t kChecked = 1 << 16;  // elements between two looks at the context
constexpr double kHollow = 0.01;           // of its own size; an open piece of less is a sheet
constexpr std::size_t kMostSheets = 4000;  // more are not looked at one by one
constexpr std::size_t kSamples = 16;       // triangles of a piece that are asked
constexpr double kBuried = 0.9;            // of them; a cavity may break through in few places

constexpr float kBent = 0.866f;  // cosine of 30 degrees

/// Flags the vertices of edges where more than two triangles meet.
std::vector<std::uint8_t> crowdedVertices(const Mesh& mesh, const EdgeTable& edges) {
  std::vector<std::uint8_t> crowded(mesh.positions.size(), 0);
  for (const Edge& edge : edges.edges)
    if (edge.count > 2) crowded[edge.a] = crowded[edge.b] = 1;
  return crowded;
}

/// Whether the two triangles of an edge belong to one sheet.
bool joins(const Mesh& mesh, const EdgeTable& edges, const Edge& edge,
           const std::vector<std::uint8_t>& crowded) {
  if (edge.count != 2) return false;
  if (!crowded[edge.a] || !crowded[edge.b]) return true;
  const auto f = edges.facesOf(edge);
  const float cosine =
      dot(faceNormal(mesh, mesh.triangles[f[0]]), faceNormal(mesh, mesh.triangles[f[1]]));
  const bool odd =
      runsForward(mesh.triangles[f[0]], edge) == runsForward(mesh.triangles[f[1]], edge);
  return (odd ? -cosine : cosine) > kBent;
}

/// Makes neighbours of one sheet agree, breadth first.
void agree(Mesh& mesh, const EdgeTable& edges, const Context& ctx) {
  const auto crowded = crowdedVertices(mesh, edges);
  std::vector<std::uint8_t> seen(mesh.triangles.size(), 0);
  std::vector<std::uint32_t> queue;
  for (std::uint32_t seed = 0; seed < seen.size(); ++seed) {
    if (seen[seed]) continue;
    seen[seed] = 1;
    queue.assign(1, seed);
    for (std::size_t head = 0; head < queue.size(); ++head) {
      if (head % kChecked == 0) ctx.check();
      const std::uint32_t face = queue[head];
      for (const std::uint32_t e : edges.ofFace[face]) {
        if (e == EdgeTable::kNoEdge || !joins(mesh, edges, edges.edges[e], crowded)) continue;
        const auto around = edges.facesOf(edges.edges[e]);
        const std::uint32_t next = around[0] == face ? around[1] : around[0];
        if (seen[next]) continue;
        seen[next] = 1;
        Triangle& t = mesh.triangles[next];
        if (runsForward(t, edges.edges[e]) == runsForward(mesh.triangles[face], edges.edges[e]))
          std::swap(t[1], t[2]);
        queue.push_back(next);
      }
    }
  }
}

bool anyInconsistent(const Mesh& mesh, const EdgeTable& edges) {
  return std::ranges::any_of(edges.edges, [&](const Edge& edge) {
    const auto f = edges.facesOf(edge);
    return edge.count == 2 &&
           runsForward(mesh.triangles[f[0]], edge) == runsForward(mesh.triangles[f[1]], edge);
  });
}

/// Triangles that hang together.
struct Piece {
  std::vector<std::uint32_t> faces;
  double volume = 0.;  // six times; around its own centre, which also means something with a hole
  bool open = false;
  bool sheet = false;  // open, and encloses next to nothing
  bool turn = false;
};

double volumeAround(Vec3 c, const Mesh& mesh, const std::vector<std::uint32_t>& faces) {
  double volume = 0.;
  for (const std::uint32_t f : faces) {
    const Triangle& t = mesh.triangles[f];
    volume += double(
        dot(mesh.positions[t[0]] - c, cross(mesh.positions[t[1]] - c, mesh.positions[t[2]] - c)));
  }
  return volume;
}

/// Numbers the pieces of a mesh [F]: what hangs together, but where something is open and more than
/// two triangles meet at an edge, what hangs together without such edges. There the sheets of a
/// piece may face this way and that.
std::vector<std::uint32_t> numberPieces(const Mesh& mesh, const EdgeTable& edges,
                                        const Context& ctx) {
  auto pieceOf = shellsOf(mesh, edges, ctx);
  std::vector<std::uint8_t> open(pieceOf.size(), 0), crowded(pieceOf.size(), 0);
  for (const Edge& edge : edges.edges) {
    const std::uint32_t piece = pieceOf[edges.facesOf(edge)[0]];
    crowded[piece] |= edge.count > 2;
    open[piece] |= !balanced(mesh, edges, edge);
  }
  bool apart = false;
  for (std::uint32_t f = 0; f < pieceOf.size(); ++f)
    apart |= open[pieceOf[f]] & crowded[pieceOf[f]];
  if (!apart) return pieceOf;
  DisjointSets sets = sheetSets(mesh, edges);
  std::vector<std::uint32_t> firstOf(pieceOf.size(), 0xffffffffu);
  for (std::uint32_t f = 0; f < pieceOf.size(); ++f) {
    const std::uint32_t piece = pieceOf[f];
    if (open[piece] & crowded[piece]) continue;
    if (firstOf[piece] == 0xffffffffu) firstOf[piece] = f;
    sets.join(f, firstOf[piece]);
  }
  std::vector<std::uint32_t> numberOf(pieceOf.size(), 0xffffffffu);
  std::uint32_t count = 0;
  for (std::uint32_t f = 0; f < pieceOf.size(); ++f) {
    std::uint32_t& number = numberOf[sets.find(f)];
    if (number == 0xffffffffu) number = count++;
    pieceOf[f] = number;
  }
  return pieceOf;
}

std::vector<Piece> piecesOf(const Mesh& mesh, const EdgeTable& edges, const Context& ctx) {
  const auto pieceOf = numberPieces(mesh, edges, ctx);
  std::vector<Piece> pieces(pieceOf.empty() ? 0 : 1 + *std::ranges::max_element(pieceOf));
  for (std::uint32_t f = 0; f < pieceOf.size(); ++f) pieces[pieceOf[f]].faces.push_back(f);
  std::vector<std::pair<std::uint32_t, int>> passes;  // of an edge: by which piece, which way
  for (const Edge& edge : edges.edges) {
    passes.clear();
    for (const std::uint32_t f : edges.facesOf(edge))
      passes.emplace_back(pieceOf[f], runsForward(mesh.triangles[f], edge) ? 1 : -1);
    std::ranges::sort(passes);
    for (std::size_t i = 0; i < passes.size();) {
      const std::uint32_t piece = passes[i].first;
      int sum = 0;
      for (; i < passes.size() && passes[i].first == piece; ++i) sum += passes[i].second;
      pieces[piece].open |= sum != 0;
    }
  }
  ctx.check();
  for (Piece& piece : pieces) {
    Bounds box;
    double area = 0.;
    for (const std::uint32_t f : piece.faces) {
      for (const std::uint32_t v : mesh.triangles[f]) box.add(mesh.positions[v]);
      area += double(length(areaVector(mesh, mesh.triangles[f])));
    }
    piece.volume = volumeAround(box.centre(), mesh, piece.faces);
    piece.sheet = piece.open && std::abs(piece.volume) < kHollow * std::pow(area, 1.5);
  }
  return pieces;
}

/// Calls `look` for a few triangles of a piece, spread over it.
template <class Look>
void sample(const Piece& piece, Look&& look) {
  const std::size_t step = std::max<std::size_t>(1, piece.faces.size() / kSamples);
  for (std::size_t i = step / 2; i < piece.faces.size(); i += step) look(piece.faces[i]);
}

/// Turns solids of negative volume over, unless they are the wall of a cavity in what the others
/// enclose, sheets among them.
void judgeSolids(const Mesh& mesh, std::vector<Piece>& pieces, const Context& ctx) {
  const Vec3 centre = boundsOf(mesh).centre();
  double total = 0.;
  for (const Piece& piece : pieces)
    total += !piece.sheet ? piece.volume
                          : (piece.turn ? -1. : 1.) * volumeAround(centre, mesh, piece.faces);
  std::vector<std::uint32_t> solidFaces;
  Mesh asTurned;
  asTurned.positions = mesh.positions;
  asTurned.triangles = mesh.triangles;
  for (Piece& piece : pieces) {
    // Solids with cavities that are inside out altogether.
    if (!piece.sheet && total < 0.) {
      piece.turn = true;
      piece.volume = -piece.volume;
    }
    if (piece.turn)
      for (const std::uint32_t f : piece.faces)
        std::swap(asTurned.triangles[f][1], asTurned.triangles[f][2]);
    if (piece.sheet || piece.volume > 0.)
      solidFaces.insert(solidFaces.end(), piece.faces.begin(), piece.faces.end());
  }
  if (solidFaces.empty()) return;
  const WindingNumber solids(asTurned, solidFaces, ctx);
  const float off = boundsOf(mesh).diagonal() * kBesideTriangle;
  for (Piece& piece : pieces) {
    if (piece.sheet || piece.volume >= 0.) continue;
    ctx.check();
    double asked = 0., buried = 0.;
    sample(piece, [&](std::uint32_t f) {
      const Vec3 middle = faceCentre(mesh, mesh.triangles[f]),
                 aside = faceNormal(mesh, mesh.triangles[f]) * off;
      asked += 1.;
      buried += solids.at(middle + aside) > 0.5 && solids.at(middle - aside) > 0.5;
    });
    if (buried < kBuried * asked) piece.turn = !piece.turn;
  }
}

void judgeSheets(const Mesh& mesh, std::vector<Piece>& pieces, const Context& ctx) {
  std::vector<Piece*> sheets;
  for (Piece& piece : pieces)
    if (piece.sheet) sheets.push_back(&piece);
  if (sheets.empty()) return;
  if (sheets.size() > kMostSheets) {
    const Vec3 centre = boundsOf(mesh).centre();
    double total = 0.;
    for (const Piece* sheet : sheets) total += volumeAround(centre, mesh, sheet->faces);
    for (Piece* sheet : sheets) sheet->turn = total < 0.;
    return;
  }
  const TriangleTree tree(mesh, ctx);
  const float off = boundsOf(mesh).diagonal() * kBesideTriangle;
  parallelFor(sheets.size(), 1, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t s = begin; s < end; ++s) {
      int front = 0, back = 0;
      sample(*sheets[s], [&](std::uint32_t f) {
        for (int d = 0; d < kOutlooks; ++d) {
          const Outlook outlook(mesh, f, d, off);
          if (outlook.leaves(tree)) ++(outlook.front ? front : back);
        }
      });
      sheets[s]->turn = back > front;
    }
  });
}

}  // namespace

bool runsForward(const Triangle& t, const Edge& edge) {
  for (std::size_t k = 0; k < 3; ++k)
    if (t[k] == edge.a && t[(k + 1) % 3] == edge.b) return true;
  return false;
}

bool balanced(const Mesh& mesh, const EdgeTable& edges, const Edge& edge) {
  int sum = 0;
  for (const std::uint32_t f : edges.facesOf(edge))
    sum += runsForward(mesh.triangles[f], edge) ? 1 : -1;
  return sum == 0;
}

DisjointSets sheetSets(const Mesh& mesh, const EdgeTable& edges) {
  const auto crowded = crowdedVertices(mesh, edges);
  DisjointSets sets(mesh.triangles.size());
  for (const Edge& edge : edges.edges)
    if (joins(mesh, edges, edge, crowded))
      sets.join(edges.facesOf(edge)[0], edges.facesOf(edge)[1]);
  return sets;
}

Turned faceOutwards(Mesh& mesh, const EdgeTable& edges, const Context& ctx) {
  const bool odd = anyInconsistent(mesh, edges);
  std::vector<Triangle> before;
  if (odd) {
    before = mesh.triangles;
    agree(mesh, edges, ctx);
  }
  auto pieces = piecesOf(mesh, edges, ctx);
  const bool asTheyShould = std::ranges::all_of(
      pieces, [](const Piece& piece) { return !piece.sheet && piece.volume >= 0.; });
  if (!asTheyShould) {
    judgeSheets(mesh, pieces, ctx);
    judgeSolids(mesh, pieces, ctx);
  }
  Turned turned;
  for (const Piece& piece : pieces) {
    std::size_t reversed = 0;
    for (const std::uint32_t f : piece.faces) {
      Triangle& t = mesh.triangles[f];
      if (piece.turn) std::swap(t[1], t[2]);
      reversed += odd ? before[f] != t : piece.turn;
    }
    const bool most = 2 * reversed > piece.faces.size();
    turned.pieces += most;
    turned.triangles += most ? piece.faces.size() - reversed : reversed;
  }
  return turned;
}

}  // namespace maquette
