# The core's library may need spdlog and what every C++ program needs, nothing else.
#
#   cmake -D LIBRARY=libmaquette_core.so -D READELF=readelf -P check_core_links.cmake

cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND "${READELF}" -d "${LIBRARY}" OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "\\(NEEDED\\)[^[]*\\[[^]]*" needed "${text}")
if(needed STREQUAL "")
  message(FATAL_ERROR "${LIBRARY} needs nothing at all: was it read?")
endif()
foreach(entry IN LISTS needed)
  string(REGEX REPLACE ".*\\[" "" name "${entry}")
  if(NOT name MATCHES "^(libspdlog|libfmt|libstdc\\+\\+|libc\\+\\+|libm|libc|libgcc_s|libdl|libpthread|ld-linux|lib[albut]+san)[-.]")
    message(FATAL_ERROR "The core links ${name}; it may know spdlog and the standard library only")
  endif()
endforeach()
