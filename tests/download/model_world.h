#pragma once

#include <QByteArray>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QString>

#include "download/model_host.h"
#include "support/scratch.h"
#include "support/weight_files.h"

namespace maquette::test {

/// A host with three small models, and the list of models that says so, in place of the official
/// ones: "net" (one weight file, no checksum known), "pair" (two files with checksums, a licence
/// with limits), and "vast" (larger than any disk).
struct ModelWorld {
  Scratch scratch;
  QByteArray net, first = noise(200'000, 11), second = noise(90'000, 12);
  ModelHost host{[this](const HttpRequest& request) { return answer(request); }};

  ModelWorld() {
    writeSafetensors(scratch / "made",
                     {{"a.weight", {64, 512}, Dtype::F16}, {"a.bias", {64}, Dtype::F16}},
                     Fill::Halves);
    net = QByteArray::fromStdString(contentOf(scratch / "made"));
    std::filesystem::remove(scratch / "made");
    put(scratch / "models.json", QJsonDocument(list()).toJson().toStdString());
  }

  QString path(const char* name) const { return QString::fromStdString((scratch / name).string()); }
  std::filesystem::path file(const char* name) const { return scratch / "store" / "org" / name; }

  HttpAnswer answer(const HttpRequest& request) const {
    for (const auto& [target, content] : {std::pair{"/org/net/main/net.safetensors", &net},
                                          {"/org/pair/main/one/first.bin", &first},
                                          {"/org/pair/main/two/second.bin", &second}})
      if (request.target == target) return fileAnswer(request, *content);
    HttpAnswer lost;
    lost.status = 404;
    return lost;
  }

 private:
  QJsonObject list() const {
    const auto file = [](const char* path, const QByteArray& content, bool known) {
      QJsonObject made{{"path", path}, {"bytes", content.size()}};
      if (known) made["sha256"] = QString::fromStdString(sha256Of(content));
      return made;
    };
    const auto model = [](const char* id, const char* job, const char* title,
                          const char* repository, const QJsonArray& licences,
                          const QJsonArray& files) {
      return QJsonObject{{"id", id},
                         {"job", job},
                         {"title", title},
                         {"purpose", "Does what it is made for."},
                         {"repository", repository},
                         {"licences", licences},
                         {"files", files},
                         {"gpu_bytes", 8e9},
                         {"gpu_note", "8 GB, or the processor"}};
    };
    QJsonObject weights = file("net.safetensors", net, false);
    weights["tensors"] = 2;
    weights["names_sha256"] = kNames;
    const QJsonArray limited{"limited"};
    return {
        {"at", "https://models.invalid/{repository}/{revision}/{path}"},
        {"revision", "main"},
        {"licences", QJsonArray{QJsonObject{{"id", "limited"},
                                            {"name", "Limited Licence 1.0"},
                                            {"address", "https://models.invalid/licence"},
                                            {"summary", "It gives no rights in Utopia. Be good."},
                                            {"excluded", QJsonArray{"Utopia"}},
                                            {"non_commercial", true}},
                                QJsonObject{{"id", "free"},
                                            {"name", "Free Licence"},
                                            {"address", "https://models.invalid/free"},
                                            {"summary", "Do what you like with it."},
                                            {"excluded", QJsonArray{}},
                                            {"non_commercial", false}}}},
        {"models", QJsonArray{model("pair", "shape", "Pair", "org/pair", limited,
                                    {file("one/first.bin", first, true),
                                     file("two/second.bin", second, true)}),
                              model("net", "parts", "Net", "org/net", {"free"}, {weights}),
                              model("vast", "cut-out", "Vast", "org/vast", {"free"},
                                    {QJsonObject{{"path", "vast.bin"}, {"bytes", 4e18}}})}}};
  }

  /// Of "a.bias [64]\na.weight [64,512]\n".
  static inline const QString kNames =
      QString::fromStdString(sha256Of("a.bias [64]\na.weight [64,512]\n"));
};

}  // namespace maquette::test
