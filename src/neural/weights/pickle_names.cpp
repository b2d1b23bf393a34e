#include "neural/weights/pickle_names.h"

namespace maquette {
namespace {

using enum PickleName;

constexpr KnownPickleName kNames[] = {
    {"collections", "OrderedDict", OrderedDict},
    {"torch", "Size", Size},
    {"torch", "device", Device},
    {"torch._utils", "_rebuild_tensor", RebuildTensor},
    {"torch._utils", "_rebuild_tensor_v2", RebuildTensorV2},
    {"torch._utils", "_rebuild_tensor_v3", RebuildTensorV3},
    {"torch._utils", "_rebuild_parameter", RebuildParameter},
    {"torch._utils", "_rebuild_parameter_with_state", RebuildParameter},
    {"torch", "BoolStorage", Storage, Dtype::Bool},
    {"torch", "ByteStorage", Storage, Dtype::U8},
    {"torch", "CharStorage", Storage, Dtype::I8},
    {"torch", "ShortStorage", Storage, Dtype::I16},
    {"torch", "IntStorage", Storage, Dtype::I32},
    {"torch", "LongStorage", Storage, Dtype::I64},
    {"torch", "HalfStorage", Storage, Dtype::F16},
    {"torch", "BFloat16Storage", Storage, Dtype::BF16},
    {"torch", "FloatStorage", Storage, Dtype::F32},
    {"torch", "DoubleStorage", Storage, Dtype::F64},
    {"torch", "UntypedStorage", Storage},
    {"torch.storage", "UntypedStorage", Storage},
    {"torch", "bool", Type, Dtype::Bool},
    {"torch", "uint8", Type, Dtype::U8},
    {"torch", "int8", Type, Dtype::I8},
    {"torch", "uint16", Type, Dtype::U16},
    {"torch", "int16", Type, Dtype::I16},
    {"torch", "short", Type, Dtype::I16},
    {"torch", "uint32", Type, Dtype::U32},
    {"torch", "int32", Type, Dtype::I32},
    {"torch", "int", Type, Dtype::I32},
    {"torch", "uint64", Type, Dtype::U64},
    {"torch", "int64", Type, Dtype::I64},
    {"torch", "long", Type, Dtype::I64},
    {"torch", "float8_e4m3fn", Type, Dtype::F8E4M3},
    {"torch", "float8_e5m2", Type, Dtype::F8E5M2},
    {"torch", "float16", Type, Dtype::F16},
    {"torch", "half", Type, Dtype::F16},
    {"torch", "bfloat16", Type, Dtype::BF16},
    {"torch", "float32", Type, Dtype::F32},
    {"torch", "float", Type, Dtype::F32},
    {"torch", "float64", Type, Dtype::F64},
    {"torch", "double", Type, Dtype::F64},
};

}  // namespace

const KnownPickleName* findPickleName(std::string_view module, std::string_view name) {
  for (const KnownPickleName& known : kNames)
    if (known.module == module && known.name == name) return &known;
  return nullptr;
}

}  // namespace maquette
