#pragma once

#include <functional>

#include "core/image/image.h"

namespace maquette::test {

/// What a drawn shape is: whether a point (pixels, y down) belongs to it.
using Inside = std::function<bool(double x, double y)>;
/// The colour at a pixel.
using Paint = std::function<Rgba(int x, int y)>;

/// Draws a shape with soft rims (4 x 4 samples a pixel) on transparency.
Image drawShape(int width, int height, const Inside& inside, const Paint& paint);
/// Draws it without soft rims: a pixel belongs where its centre does.
Image drawHard(int width, int height, const Inside& inside, const Paint& paint);
/// The same picture without alpha, on this background.
Image onBackground(const Image& picture, Rgba background);

Inside disc(double x, double y, double radius);
Inside capsule(double x0, double y0, double x1, double y1, double radius);
Inside box(double left, double top, double right, double bottom);
Inside unionOf(std::vector<Inside> shapes);
Inside without(Inside shape, Inside hole);

// Silhouettes for a square picture of `size` pixels.
Inside ringShape(double size);      ///< one hole
Inside starShape(double size);      ///< five sharp tips
Inside figureShape(double size);    ///< head, trunk, thin arms and legs
Inside mugShape(double size);       ///< a handle: one hole
Inside textShape(double size);      ///< "AB o": three pieces, four holes
Inside twoPieceShape(double size);  ///< a disc and a box

/// Vertical stripes of colour with a gradient, never transparent.
Rgba stripes(int x, int y);

/// A full-frame opaque picture with no transparency: sky, meadow with texture, a red balloon.
Image photo(int width, int height);

/// The share of the two masks' union that both cover, pixels >= 128 counting.
double overlap(const Mask& a, const Mask& b);

}  // namespace maquette::test
