#pragma once

#include <QImage>
#include <QString>
#include <vector>

namespace maquette {

/// A picture of our own making that ships with the program.
struct Sample {
  QString name;  ///< "Robot"
  QString file;  ///< ":/samples/robot.svg"
};

std::vector<Sample> samples();

/// Drawn with a transparent ground, `side` pixels on its longer side.
QImage drawSample(const QString& file, int side);

}  // namespace maquette
