# The neural plug-in shows one function and links libtorch's CPU half only: CUDA is opened at run time.
#
#   cmake -D LIBRARY=libmaquette_neural.so -D READELF=readelf -P check_plugin_links.cmake

cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND "${READELF}" -dW --dyn-syms "${LIBRARY}" OUTPUT_VARIABLE text
  COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "\\(NEEDED\\)[^[]*\\[[^]]*" needed "${text}")
foreach(entry IN LISTS needed)
  string(REGEX REPLACE ".*\\[" "" name "${entry}")
  if(name MATCHES "cuda|cublas|cudnn|libQt|libvtk|libopencv|libopenvdb")
    message(FATAL_ERROR "The neural plug-in links ${name}")
  endif()
endforeach()
if(NOT needed MATCHES "libtorch_cpu")
  message(FATAL_ERROR "${LIBRARY} does not need libtorch_cpu: was it read?")
endif()
# Num: Value Size Type Bind Vis Ndx Name; what is defined has a section number.
string(REGEX MATCHALL "(GLOBAL|WEAK|UNIQUE) +DEFAULT +[0-9]+ [^\n]+" shown "${text}")
list(LENGTH shown count)
if(NOT count EQUAL 1 OR NOT shown MATCHES " maquetteNeural$")
  message(FATAL_ERROR "The neural plug-in shows more than maquetteNeural:\n${shown}")
endif()
