#include "support/weight_files.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "neural/weights/int8.h"
#include "neural/weights/safetensors.h"

namespace maquette::test {
namespace {

std::uint64_t bytesOf(const NamedShape& tensor) {
  return elementCount(tensor.shape).value() * maquette::bytesOf(tensor.dtype.value());
}

/// A file that grows at its end.
class Output {
 public:
  explicit Output(const std::filesystem::path& file) : path_(file), out_(file, std::ios::binary) {}

  std::uint64_t size() const { return size_; }
  void write(std::string_view bytes) {
    out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    size_ += bytes.size();
  }
  void fill(std::uint64_t bytes, Fill fill) {
    if (fill == Fill::Holes) {
      size_ += bytes;
      out_.seekp(static_cast<std::streamoff>(size_));
      return;
    }
    while (bytes > 0) {
      const auto piece = std::min<std::uint64_t>(bytes, halves().size());
      write(std::string_view(halves()).substr(0, piece));
      bytes -= piece;
    }
  }
  void bell(Dtype dtype, std::uint64_t bytes) {
    const std::string& numbers = bells(dtype);
    while (bytes > 0) {
      const auto piece = std::min<std::uint64_t>(bytes, numbers.size());
      write(std::string_view(numbers).substr(0, piece));
      bytes -= piece;
    }
  }
  void close() {
    out_.close();
    if (!out_) throw std::runtime_error("could not write " + path_.string());
    std::filesystem::resize_file(path_, size_);  // a hole at the end is not there yet
  }

 private:
  /// A megabyte of numbers between 0.06 and 1, either sign.
  static const std::string& halves() {
    static const std::string text = [] {
      std::string made;
      std::uint32_t random = 1;
      while (made.size() < (1u << 20)) {
        random = random * 1664525u + 1013904223u;
        const std::uint32_t half = 0x2c00 + (random >> 16) % 0x1000 + (random >> 31 << 15);
        made.push_back(static_cast<char>(half));
        made.push_back(static_cast<char>(half >> 8));
      }
      return made;
    }();
    return text;
  }

  static const std::string& bells(Dtype dtype) {
    static std::map<Dtype, std::string> known;
    std::string& text = known[dtype];
    if (!text.empty()) return text;
    std::vector<float> numbers(1u << 20);
    std::mt19937 random(7);
    std::normal_distribution<float> normal(0.f, 0.02f);
    for (float& number : numbers) number = normal(random) * (random() % 1000 == 0 ? 4.f : 1.f);
    text.resize(numbers.size() * maquette::bytesOf(dtype));
    auto* halves = reinterpret_cast<std::uint16_t*>(text.data());
    if (dtype == Dtype::F16)
      toHalves(numbers, halves);
    else if (dtype == Dtype::BF16)
      toBrainHalves(numbers, halves);
    else if (dtype == Dtype::F32)
      std::memcpy(text.data(), numbers.data(), text.size());
    return text;
  }

  std::filesystem::path path_;
  std::ofstream out_;
  std::uint64_t size_ = 0;
};

template <class T>
void put(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// The records of an archive, and its directory at the end.
class Archive {
 public:
  explicit Archive(const std::filesystem::path& file) : out_(file) {}

  void add(const std::string& name, std::string_view content) {
    begin(name, content.size());
    out_.write(content);
  }
  void add(const std::string& name, std::uint64_t bytes, Fill fill) {
    begin(name, bytes);
    out_.fill(bytes, fill);
  }
  void close() {
    const std::uint64_t directory = out_.size();
    out_.write(directory_);
    std::string end = "PK\6\6";
    const std::uint64_t end64 = out_.size();
    put<std::uint64_t>(end, 44);
    end.append(12, '\0');
    for (const std::uint64_t value : {count_, count_, end64 - directory, directory})
      put(end, value);
    end += "PK\6\7";
    put<std::uint32_t>(end, 0);
    put(end, end64);
    put<std::uint32_t>(end, 1);
    end += "PK\5\6";
    put<std::uint32_t>(end, 0);
    end.append(12, '\xff');
    put<std::uint16_t>(end, 0);
    out_.write(end);
    out_.close();
  }

 private:
  void begin(const std::string& name, std::uint64_t bytes) {
    const std::uint64_t at = out_.size();
    std::string sizes, local = "PK\3\4";
    put<std::uint16_t>(sizes, 1);
    put<std::uint16_t>(sizes, 24);
    for (const std::uint64_t value : {bytes, bytes, at}) put(sizes, value);
    std::string padding = "FB";
    const std::uint64_t data = at + 30 + name.size() + sizes.size() + 4;
    put(padding, static_cast<std::uint16_t>((64 - data % 64) % 64));
    padding.append((64 - data % 64) % 64, 'Z');
    putCommon(local, name, sizes.size() + padding.size());
    out_.write(local + name + sizes + padding);
    directory_ += "PK\1\2";
    put<std::uint16_t>(directory_, 45);
    putCommon(directory_, name, sizes.size());
    directory_.append(10, '\0');
    put<std::uint32_t>(directory_, 0xffffffff);
    directory_ += name + sizes;
    ++count_;
  }
  static void putCommon(std::string& to, const std::string& name, std::size_t extra) {
    put<std::uint16_t>(to, 45);
    to.append(12, '\0');  // flags, method, time, checksum
    to.append(8, '\xff');
    put(to, static_cast<std::uint16_t>(name.size()));
    put(to, static_cast<std::uint16_t>(extra));
  }

  Output out_;
  std::string directory_;
  std::uint64_t count_ = 0;
};

std::string text(std::string_view value) {
  std::string code = "X";
  put(code, static_cast<std::uint32_t>(value.size()));
  return code.append(value);
}

std::string number(std::int64_t value) {
  std::string code = "\x8a\x08";
  put(code, value);
  return code;
}

std::string tuple(const std::vector<std::int64_t>& values) {
  std::string code = "(";
  for (const std::int64_t value : values) code += number(value);
  return code + "t";
}

std::string_view storageType(Dtype dtype) {
  switch (dtype) {
    case Dtype::F16:
      return "HalfStorage";
    case Dtype::BF16:
      return "BFloat16Storage";
    case Dtype::F32:
      return "FloatStorage";
    default:
      throw std::invalid_argument("no storage for this type");
  }
}

std::string tensorCode(const NamedShape& tensor, std::size_t key) {
  std::string code = "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n";
  code += storageType(*tensor.dtype);
  code += "\n" + text(std::to_string(key)) + text("cpu") +
          number(static_cast<std::int64_t>(elementCount(tensor.shape).value())) + "tQ" + number(0);
  return code + tuple(tensor.shape) + tuple(rowMajorStrides(tensor.shape)) +
         "\x89"
         "ccollections\nOrderedDict\n)RtR";
}

}  // namespace

void writeSafetensors(const std::filesystem::path& file, std::vector<NamedShape> tensors,
                      Fill fill) {
  std::ranges::sort(tensors, [](const NamedShape& a, const NamedShape& b) {
    const auto sizeA = maquette::bytesOf(*a.dtype), sizeB = maquette::bytesOf(*b.dtype);
    return sizeA != sizeB ? sizeA > sizeB : a.name < b.name;
  });
  std::uint64_t bytes = 0;
  std::vector<TensorRow> rows;
  for (const NamedShape& tensor : tensors) {
    rows.push_back({tensor.name, *tensor.dtype, tensor.shape});
    bytes += rows.back().bytes();
  }
  Output out(file);
  out.write(safetensorsHeader({}, rows));
  if (fill != Fill::Bell) out.fill(bytes, fill);
  if (fill == Fill::Bell)
    for (const TensorRow& row : rows) out.bell(row.dtype, row.bytes());
  out.close();
}

void writeCheckpoint(const std::filesystem::path& file, const std::vector<NamedShape>& tensors,
                     Fill fill) {
  std::map<std::string, std::string> parts;  // the part's name, or "" -> its entries
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::string& name = tensors[i].name;
    std::string part = name.substr(0, name.find('.'));
    if (part != "model" && part != "vae" && part != "conditioner") part.clear();
    const std::string own = part.empty() ? name : name.substr(part.size() + 1);
    parts[part] += text(own) + tensorCode(tensors[i], i);
  }
  std::string pickle = "\x80\x02}(";
  for (const auto& [part, entries] : parts)
    pickle += part.empty() ? entries : text(part) + "}(" + entries + "u";
  pickle += "u.";
  Archive archive(file);
  archive.add("weights/data.pkl", pickle);
  archive.add("weights/byteorder", "little");
  for (std::size_t i = 0; i < tensors.size(); ++i)
    archive.add(fmt::format("weights/data/{}", i), bytesOf(tensors[i]), fill);
  archive.add("weights/version", "3\n");
  archive.close();
}

}  // namespace maquette::test
