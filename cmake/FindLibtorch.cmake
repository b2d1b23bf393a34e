# Finds libtorch and makes two targets of it: torch::cpu and torch::c10.
#
# The package's own CMake files ask for every CUDA library there is; we need the headers and two
# libraries, and open the rest at run time. Looks, in this order, at Torch_DIR (variable or
# environment), CMAKE_PREFIX_PATH and what packaging/fetch-libtorch keeps in the user's cache folder.
#
#   Libtorch_FOUND, Libtorch_VERSION, Libtorch_ROOT_DIR (the folder of include and lib)
#   Libtorch_RUNTIME_PATH  folders where its libraries, and NVIDIA's, are found at run time

set(_libtorch_fetched 2.11.0)  # the version in packaging/fetch-libtorch

set(_libtorch_roots "")
foreach(_libtorch_dir IN ITEMS "${Torch_DIR}" "$ENV{Torch_DIR}")
  if(_libtorch_dir)  # .../share/cmake/Torch, or libtorch's own folder
    list(APPEND _libtorch_roots "${_libtorch_dir}/../../.." "${_libtorch_dir}")
  endif()
endforeach()
set(_libtorch_prefixes "$ENV{CMAKE_PREFIX_PATH}")
string(REPLACE ":" ";" _libtorch_prefixes "${_libtorch_prefixes}")
list(APPEND _libtorch_roots ${CMAKE_PREFIX_PATH} ${_libtorch_prefixes})
if(DEFINED ENV{XDG_CACHE_HOME})
  list(APPEND _libtorch_roots "$ENV{XDG_CACHE_HOME}/maquette/libtorch-${_libtorch_fetched}/torch")
elseif(DEFINED ENV{HOME})
  list(APPEND _libtorch_roots "$ENV{HOME}/.cache/maquette/libtorch-${_libtorch_fetched}/torch")
endif()
list(APPEND _libtorch_roots
  "${PROJECT_SOURCE_DIR}/build/cache/maquette/libtorch-${_libtorch_fetched}/torch")

# Looked for anew each time: a libtorch that came or went since is seen.
set(Libtorch_ROOT_DIR "")
foreach(_libtorch_root IN LISTS _libtorch_roots)
  if(EXISTS "${_libtorch_root}/include/ATen/ATen.h" AND EXISTS "${_libtorch_root}/lib/libtorch_cpu.so")
    file(REAL_PATH "${_libtorch_root}" Libtorch_ROOT_DIR)
    break()
  endif()
endforeach()
if(Libtorch_ROOT_DIR)
  foreach(_libtorch_header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
    if(EXISTS "${Libtorch_ROOT_DIR}/include/${_libtorch_header}")
      file(READ "${Libtorch_ROOT_DIR}/include/${_libtorch_header}" _libtorch_text)
      string(REGEX MATCH "TORCH_VERSION_MAJOR ([0-9]+)" _ "${_libtorch_text}")
      set(Libtorch_VERSION "${CMAKE_MATCH_1}")
      string(REGEX MATCH "TORCH_VERSION_MINOR ([0-9]+)" _ "${_libtorch_text}")
      string(APPEND Libtorch_VERSION ".${CMAKE_MATCH_1}")
      string(REGEX MATCH "TORCH_VERSION_PATCH ([0-9]+)" _ "${_libtorch_text}")
      string(APPEND Libtorch_VERSION ".${CMAKE_MATCH_1}")
      break()
    endif()
  endforeach()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libtorch REQUIRED_VARS Libtorch_ROOT_DIR
  VERSION_VAR Libtorch_VERSION
  REASON_FAILURE_MESSAGE "run packaging/bootstrap, or set Torch_DIR")

if(Libtorch_FOUND AND NOT TARGET torch::cpu)
  foreach(_libtorch_library c10 cpu)
    add_library(torch::${_libtorch_library} SHARED IMPORTED)
    # Searched last: libtorch's folder also holds other people's headers (a newer fmt, json), which
    # must not hide the system's. One header per operator compiles twice as fast.
    set_target_properties(torch::${_libtorch_library} PROPERTIES
      INTERFACE_COMPILE_OPTIONS "SHELL:-idirafter \"${Libtorch_ROOT_DIR}/include\""
      INTERFACE_COMPILE_DEFINITIONS AT_PER_OPERATOR_HEADERS)
  endforeach()
  set_target_properties(torch::c10 PROPERTIES IMPORTED_LOCATION "${Libtorch_ROOT_DIR}/lib/libc10.so")
  set_target_properties(torch::cpu PROPERTIES IMPORTED_LOCATION "${Libtorch_ROOT_DIR}/lib/libtorch_cpu.so")
  target_link_libraries(torch::cpu INTERFACE torch::c10)
  # The older kind of run-time path also serves the libraries that libtorch needs and opens itself.
  target_link_options(torch::cpu INTERFACE LINKER:--disable-new-dtags LINKER:--allow-shlib-undefined)
endif()

# libtorch knows NVIDIA's wheels beside it; a toolkit's folders have to be said.
set(Libtorch_RUNTIME_PATH "${Libtorch_ROOT_DIR}/lib")
foreach(_libtorch_folder IN ITEMS "$ENV{CUDA_HOME}/lib64" /usr/local/cuda/lib64 /usr/local/cuda/lib
    /usr/local/cuda/extras/CUPTI/lib64)
  if(EXISTS "${_libtorch_folder}")
    list(APPEND Libtorch_RUNTIME_PATH "${_libtorch_folder}")
  endif()
endforeach()
