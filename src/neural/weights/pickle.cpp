#include "neural/weights/pickle.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <unordered_map>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "neural/weights/pickle_bytes.h"
#include "neural/weights/pickle_names.h"

// Instructions: Python's pickletools, protocols 2 to 5. What PyTorch writes: its torch/_utils.py
// and torch/serialization.py, as the shape-generation specification, 8.2, sums it up.

namespace maquette {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;  // the largest official one: 0.6 MB
constexpr std::size_t kMaxValues = 1'000'000;             // some 60,000 tensors
constexpr std::size_t kMaxArguments = 16;
constexpr std::size_t kMaxRank = 32;

using Kind = PickledValue::Kind;
using Index = std::uint32_t;

bool names(const PickledValue& value, PickleName meaning) {
  return value.kind == Kind::Type && value.number == static_cast<std::int64_t>(meaning);
}

class Interpreter : PickleBytes {
 public:
  using PickleBytes::PickleBytes;

  Pickle run();

 private:
  // ---- the stack ----
  Index add(PickledValue value);
  bool push(PickledValue value) {  // true, as a step that went well
    stack_.push_back(add(std::move(value)));
    return true;
  }
  Index pop();
  std::vector<Index> popToMark();
  Index topIndex() const;
  PickledValue& top();
  const PickledValue& pop(Kind kind, const char* what);

  // ---- instructions ----
  bool step();  // false when the pickle ends
  bool stepScalar(unsigned code);
  bool stepContainer(unsigned code);
  bool longNumber(std::uint64_t count);
  bool tuple(std::size_t count);
  void extend(Kind kind, const std::vector<Index>& items);
  bool name(std::string_view module, std::string_view name);
  bool call();
  bool callRebuild(PickleName function, const std::vector<Index>& arguments);
  bool persistent();
  void remember(Index key);
  void recall(Index key);

  Pickle pickle_;
  std::vector<Index> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<Index, Index> memo_;
};

Index Interpreter::add(PickledValue value) {
  if (pickle_.values.size() == kMaxValues) damaged("too many values");
  pickle_.values.push_back(std::move(value));
  return static_cast<Index>(pickle_.values.size() - 1);
}

Index Interpreter::topIndex() const {
  if (stack_.empty() || (!marks_.empty() && marks_.back() == stack_.size()))
    damaged("nothing on the stack");
  return stack_.back();
}

PickledValue& Interpreter::top() { return pickle_.values[topIndex()]; }

Index Interpreter::pop() {
  const Index index = topIndex();
  stack_.pop_back();
  return index;
}

const PickledValue& Interpreter::pop(Kind kind, const char* what) {
  const PickledValue& value = pickle_.values[pop()];
  if (value.kind != kind) damaged(fmt::format("{} should be here", what));
  return value;
}

std::vector<Index> Interpreter::popToMark() {
  if (marks_.empty()) damaged("no mark on the stack");
  const auto from = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<Index> items(from, stack_.end());
  stack_.erase(from, stack_.end());
  marks_.pop_back();
  return items;
}

bool Interpreter::longNumber(std::uint64_t count) {
  const auto digits = take(count);  // little-endian, two's complement
  if (count > 8) return push({.kind = Kind::Other});
  std::uint64_t value = 0;
  if (count > 0 && (digits.back() & std::byte{0x80}) != std::byte{0}) value = ~std::uint64_t{0};
  for (std::size_t i = digits.size(); i-- > 0;)
    value = value << 8 | std::to_integer<std::uint64_t>(digits[i]);
  return push({.kind = Kind::Integer, .number = static_cast<std::int64_t>(value)});
}

bool Interpreter::tuple(std::size_t count) {
  std::vector<Index> items(count);
  while (count > 0) items[--count] = pop();
  return push({.kind = Kind::Tuple, .items = std::move(items)});
}

void Interpreter::extend(Kind kind, const std::vector<Index>& items) {
  PickledValue& container = top();
  if (container.kind != kind || (kind == Kind::Dict && items.size() % 2 != 0))
    damaged("no place for these items");
  container.items.insert(container.items.end(), items.begin(), items.end());
}

bool Interpreter::name(std::string_view module, std::string_view name) {
  if (const KnownPickleName* known = findPickleName(module, name))
    return push({.kind = Kind::Type,
                 .dtype = known->dtype,
                 .number = static_cast<std::int64_t>(known->meaning)});
  throw FileError(
      fmt::format(
          "{} was not opened: it names Python code ({}), and Maquette takes nothing but "
          "tensors from a file. Use a .safetensors file of it, or save its state_dict alone.",
          shownName(file()), shownText(fmt::format("{}.{}", module, name))),
      file().string());
}

void Interpreter::remember(Index key) {
  if (memo_.size() == kMaxValues) damaged("it remembers too much");
  memo_[key] = topIndex();
}

void Interpreter::recall(Index key) {
  const auto found = memo_.find(key);
  if (found == memo_.end()) damaged("it refers to what it did not say");
  stack_.push_back(found->second);
}

/// A storage: ("storage", its type, its record's key, a device, elements).
bool Interpreter::persistent() {
  const std::vector<Index>& parts = pop(Kind::Tuple, "a storage").items;
  const auto part = [&](std::size_t i) -> const PickledValue& { return pickle_.values[parts[i]]; };
  const bool whole = parts.size() == 5 && part(0).kind == Kind::Text && part(0).text == "storage" &&
                     names(part(1), PickleName::Storage) && part(2).kind == Kind::Text &&
                     part(3).kind == Kind::Text && part(4).kind == Kind::Integer &&
                     part(4).number >= 0;
  if (!whole) damaged("a storage should be here");
  return push({.kind = Kind::Storage,
               .dtype = part(1).dtype,
               .number = part(4).number,
               .text = part(2).text});
}

/// (storage, offset, sizes, strides, ...); v3 names the type as its seventh argument.
bool Interpreter::callRebuild(PickleName function, const std::vector<Index>& arguments) {
  const auto& values = pickle_.values;
  const auto isNumbers = [&](Index i) {  // a tuple: nothing can be added to it later
    if (values[i].kind != Kind::Tuple || values[i].items.size() > kMaxRank) return false;
    return std::ranges::all_of(values[i].items,
                               [&](Index item) { return values[item].kind == Kind::Integer; });
  };
  const std::size_t least = function == PickleName::RebuildTensorV3 ? 7 : 4;
  if (arguments.size() < least || values[arguments[0]].kind != Kind::Storage ||
      values[arguments[1]].kind != Kind::Integer || !isNumbers(arguments[2]) ||
      !isNumbers(arguments[3]))
    damaged("a tensor should be here");
  std::optional<Dtype> dtype = values[arguments[0]].dtype;
  if (function == PickleName::RebuildTensorV3) {
    if (!names(values[arguments[6]], PickleName::Type)) damaged("a type should be here");
    dtype = values[arguments[6]].dtype;
  }
  if (!dtype) damaged("a tensor without a type");
  return push({.kind = Kind::Tensor,
               .dtype = dtype,
               .number = values[arguments[1]].number,
               .items = {arguments[0], arguments[2], arguments[3]}});
}

/// "Calls" a known name: what it would build in Python is built here.
bool Interpreter::call() {
  const PickledValue& given = pop(Kind::Tuple, "arguments");
  if (given.items.size() > kMaxArguments) damaged("too many arguments");  // before they are copied
  const std::vector<Index> arguments = given.items;
  const PickledValue function = pop(Kind::Type, "a known name");
  const auto kindOf = [&](std::size_t i) { return pickle_.values[arguments[i]].kind; };
  const auto meaning = static_cast<PickleName>(function.number);
  switch (meaning) {
    case PickleName::OrderedDict:
      if (!arguments.empty()) damaged("a dict with arguments");
      return push({.kind = Kind::Dict});
    case PickleName::Size:
      if (arguments.size() != 1 || kindOf(0) != Kind::Tuple) damaged("a size should be here");
      stack_.push_back(arguments[0]);
      return true;
    case PickleName::Device:
      return push({.kind = Kind::Other});
    case PickleName::RebuildTensor:
    case PickleName::RebuildTensorV2:
    case PickleName::RebuildTensorV3:
      return callRebuild(meaning, arguments);
    case PickleName::RebuildParameter:
      if (arguments.empty() || kindOf(0) != Kind::Tensor) damaged("a tensor should be here");
      stack_.push_back(arguments[0]);
      return true;
    default:
      damaged("a call of what is no function");
  }
}

bool Interpreter::stepScalar(unsigned code) {
  switch (code) {
    case 'N':
      return push({.kind = Kind::None});
    case 0x88:
    case 0x89:
      return push({.kind = Kind::Bool, .number = code == 0x88});
    case 'J':
      return push({.kind = Kind::Integer, .number = number<std::int32_t>()});
    case 'K':
      return push({.kind = Kind::Integer, .number = number<std::uint8_t>()});
    case 'M':
      return push({.kind = Kind::Integer, .number = number<std::uint16_t>()});
    case 0x8a:
      return longNumber(number<std::uint8_t>());
    case 0x8b:
      return longNumber(number<std::uint32_t>());
    case 'G':
      take(8);
      return push({.kind = Kind::Other});
    case 0x8c:  // texts of one, four and eight bytes of length
    case 'U':
      return push({.kind = Kind::Text, .text = text(number<std::uint8_t>())});
    case 'X':
    case 'T':
      return push({.kind = Kind::Text, .text = text(number<std::uint32_t>())});
    case 0x8d:
      return push({.kind = Kind::Text, .text = text(number<std::uint64_t>())});
    case 'C':  // bytes
      take(number<std::uint8_t>());
      return push({.kind = Kind::Other});
    case 'B':
      take(number<std::uint32_t>());
      return push({.kind = Kind::Other});
    default:
      return false;
  }
}

bool Interpreter::stepContainer(unsigned code) {
  switch (code) {
    case ']':
      return push({.kind = Kind::List});
    case '}':
      return push({.kind = Kind::Dict});
    case ')':
      return push({.kind = Kind::Tuple});
    case 't':
      return push({.kind = Kind::Tuple, .items = popToMark()});
    case 0x85:
    case 0x86:
    case 0x87:
      return tuple(code - 0x84);
    case 'a':
      extend(Kind::List, {pop()});
      return true;
    case 'e':
      extend(Kind::List, popToMark());
      return true;
    case 's': {
      const Index value = pop(), key = pop();
      extend(Kind::Dict, {key, value});
      return true;
    }
    case 'u':
      extend(Kind::Dict, popToMark());
      return true;
    default:
      return false;
  }
}

bool Interpreter::step() {
  const auto code = number<std::uint8_t>();
  if (stepScalar(code) || stepContainer(code)) return true;
  switch (code) {
    case 0x80:  // protocol
      if (number<std::uint8_t>() > 5) damaged("a protocol newer than 5");
      return true;
    case 0x95:  // a frame
      number<std::uint64_t>();
      return true;
    case '(':
      if (marks_.size() == kMaxValues) damaged("too many marks");
      marks_.push_back(stack_.size());
      return true;
    case '0':
      pop();
      return true;
    case '1':
      popToMark();
      return true;
    case 'c': {
      const std::string_view module = line();
      return name(module, line());
    }
    case 0x93: {
      const std::string_view own = pop(Kind::Text, "a name").text;
      return name(pop(Kind::Text, "a module").text, own);
    }
    case 'R':
      return call();
    case 'b':  // attributes: a state dict carries _metadata, which we do not need
      pop();
      if (top().kind != Kind::Dict && top().kind != Kind::Tensor)
        damaged("attributes of what has none");
      return true;
    case 'Q':
      return persistent();
    case 'q':
      remember(number<std::uint8_t>());
      return true;
    case 'r':
      remember(number<std::uint32_t>());
      return true;
    case 0x94:
      remember(static_cast<Index>(memo_.size()));
      return true;
    case 'h':
      recall(number<std::uint8_t>());
      return true;
    case 'j':
      recall(number<std::uint32_t>());
      return true;
    case '.':
      return false;
    default:
      damaged(fmt::format("instruction {:#04x}, which weights do not need", code));
  }
}

Pickle Interpreter::run() {
  if (size() > kMaxBytes) damaged("too long");
  while (step()) {
  }
  pickle_.root = pop();
  return std::move(pickle_);
}

}  // namespace

Pickle readPickle(const std::filesystem::path& file, std::span<const std::byte> bytes) {
  return Interpreter(file, bytes).run();
}

}  // namespace maquette
