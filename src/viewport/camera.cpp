#include "viewport/camera.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace maquette {
namespace {

constexpr float radians(float degrees) { return degrees * std::numbers::pi_v<float> / 180.f; }

float halfTangent() { return std::tan(radians(CameraPose::kViewAngleDegrees) / 2.f); }

}  // namespace

Vec3 CameraPose::towardsEye() const {
  const float a = radians(azimuthDegrees), e = radians(elevationDegrees);
  return {std::sin(a) * std::cos(e), -std::cos(a) * std::cos(e), std::sin(e)};
}

Vec3 CameraPose::right() const {
  const float a = radians(azimuthDegrees);
  return {std::cos(a), std::sin(a), 0.f};
}

Vec3 CameraPose::up() const { return cross(towardsEye(), right()); }

float CameraPose::heightAtTarget() const { return 2.f * distanceMm * halfTangent(); }

Ray rayThrough(const CameraPose& pose, PictureSize size, float x, float y) {
  const float tangent = halfTangent();
  const float u = (2.f * x / size.width - 1.f) * tangent * size.aspect();
  const float v = (1.f - 2.f * y / size.height) * tangent;
  return {pose.eye(), normalized(pose.right() * u + pose.up() * v - pose.towardsEye())};
}

Vec3 projected(const CameraPose& pose, PictureSize size, Vec3 point) {
  const Vec3 p = point - pose.eye();
  const float depth = -dot(p, pose.towardsEye());
  const float tangent = halfTangent();
  const float u = dot(p, pose.right()) / (depth * tangent * size.aspect());
  const float v = dot(p, pose.up()) / (depth * tangent);
  return {(u + 1.f) / 2.f * size.width, (1.f - v) / 2.f * size.height, depth};
}

CameraPose framed(const CameraPose& pose, const Bounds& bounds, float aspect, float margin) {
  if (bounds.empty()) return pose;
  CameraPose out = pose;
  out.target = bounds.centre();
  const float fill = 1.f - 2.f * std::clamp(margin, 0.f, 0.45f);
  const float tangentV = halfTangent() * fill, tangentH = tangentV * aspect;
  out.distanceMm = 1e-3f;
  for (int corner = 0; corner < 8; ++corner) {
    const Vec3 p =
        Vec3{corner & 1 ? bounds.max.x : bounds.min.x, corner & 2 ? bounds.max.y : bounds.min.y,
             corner & 4 ? bounds.max.z : bounds.min.z} -
        out.target;
    const float ahead = dot(p, out.towardsEye());
    out.distanceMm = std::max({out.distanceMm, ahead + std::abs(dot(p, out.right())) / tangentH,
                               ahead + std::abs(dot(p, out.up())) / tangentV});
  }
  return out;
}

CameraPose orbited(const CameraPose& pose, float degreesRight, float degreesUp) {
  CameraPose out = pose;
  out.azimuthDegrees = std::remainder(pose.azimuthDegrees + degreesRight, 360.f);
  out.elevationDegrees = std::clamp(pose.elevationDegrees + degreesUp, -90.f, 90.f);
  return out;
}

CameraPose panned(const CameraPose& pose, PictureSize size, float dx, float dy) {
  CameraPose out = pose;
  const float mmPerPixel = pose.heightAtTarget() / std::max(1.f, size.height);
  out.target += pose.right() * (-dx * mmPerPixel) + pose.up() * (dy * mmPerPixel);
  return out;
}

CameraPose zoomed(const CameraPose& pose, float factor, Vec3 fixed) {
  CameraPose out = pose;
  out.distanceMm = std::clamp(pose.distanceMm * factor, 0.05f, 1e6f);
  out.target = fixed + (pose.target - fixed) * (out.distanceMm / pose.distanceMm);
  return out;
}

CameraPose between(const CameraPose& from, const CameraPose& to, float t) {
  if (t >= 1.f) return to;
  CameraPose out = from;
  out.target = from.target + (to.target - from.target) * t;
  out.azimuthDegrees += std::remainder(to.azimuthDegrees - from.azimuthDegrees, 360.f) * t;
  out.elevationDegrees += (to.elevationDegrees - from.elevationDegrees) * t;
  // Distances compare by ratio to the eye.
  out.distanceMm *= std::pow(to.distanceMm / from.distanceMm, t);
  return out;
}

}  // namespace maquette
