# The set-up scripts as a stranger meets them: --help explains, a wrong option is named, a dry run
# changes nothing; and the checkers of a desktop accept our entries, where they are installed.
#
#   cmake -D ROOT=folder of the repository -D WORK_DIR=folder -P check_scripts.cmake

cmake_minimum_required(VERSION 3.25)
set(failures "")

# Runs a command and states its exit status and a pattern of what it prints.
function(expect status pattern)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY "${WORK_DIR}"
    RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE err INPUT_FILE /dev/null)
  if(NOT result STREQUAL status OR NOT "${out}${err}" MATCHES "${pattern}")
    string(REPLACE ";" " " command "${ARGN}")
    set(failures "${failures}  ${command}: status ${result}, wanted ${status} and \"${pattern}\"\n${out}${err}\n"
      PARENT_SCOPE)
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${WORK_DIR}/cache" "${WORK_DIR}/home")
set(ENV{XDG_CACHE_HOME} "${WORK_DIR}/cache")

foreach(script bootstrap start test format fetch-qvtk fetch-libtorch)
  if(EXISTS "${ROOT}/packaging/${script}")
    expect(0 "Usage: packaging/${script}" "${ROOT}/packaging/${script}" --help)
  endif()
endforeach()
foreach(script bootstrap start test fetch-libtorch)
  expect(2 "unknown option '--frobnicate'" "${ROOT}/packaging/${script}" --frobnicate)
endforeach()
expect(0 "libvtk9-dev\n" "${ROOT}/packaging/bootstrap" --list)
expect(0 "build-essential\n" "${ROOT}/packaging/bootstrap" --core --list)
expect(1 "there is no file 'no such.png'" "${ROOT}/packaging/start" "no such.png")
file(WRITE "${WORK_DIR}/it's a picture.png" "")

find_program(APT_GET apt-get)
if(APT_GET)
  expect(0 "maquette-cli make .*it's a picture.png -o .*maquette-it's a picture"
    "${ROOT}/packaging/start" --dry-run --headless "it's a picture.png")
  expect(0 "would run: ctest --preset asan" "${ROOT}/packaging/test" --dry-run --asan)
  expect(0 "would fuzz for 5 s each: .*threemf_model" "${ROOT}/packaging/test" --dry-run --fuzz 5)
  # Some build machines have no HOME.
  expect(0 "would run: ctest --preset dev"
    "${CMAKE_COMMAND}" -E env --unset=HOME "${ROOT}/packaging/test" --dry-run)
endif()

# libtorch: said before it is fetched; one's own wins; what it costs to go without is said; and what
# is not the pinned file is not unpacked.
cmake_host_system_information(RESULT machine QUERY OS_PLATFORM)
if(machine STREQUAL "x86_64")
  set(fetch "${ROOT}/packaging/fetch-libtorch")
  set(clean ${CMAKE_COMMAND} -E env --unset=Torch_DIR --unset=CMAKE_PREFIX_PATH)
  expect(0 "torch 2.*about [0-9]+ MB, into ${WORK_DIR}/cache" ${clean} "${fetch}" --no-cuda --plan)
  expect(0 "yours is used" ${CMAKE_COMMAND} -E env Torch_DIR=/opt/libtorch "${fetch}" --plan)
  if(APT_GET)
    expect(0 "neural models are left out" "${ROOT}/packaging/bootstrap" --without-neural --dry-run)
  endif()
  execute_process(COMMAND python3 -c "import pip" RESULT_VARIABLE noPip OUTPUT_QUIET ERROR_QUIET)
  if(noPip EQUAL 0)
    file(WRITE "${WORK_DIR}/wheels/torch-2.11.0-cp311-cp311-manylinux_2_28_x86_64.whl" "another")
    expect(1 "libtorch could not be fetched" ${clean} PIP_NO_INDEX=1
      "PIP_FIND_LINKS=${WORK_DIR}/wheels" "${fetch}" --no-cuda)
    file(GLOB unpacked "${WORK_DIR}/cache/maquette/libtorch-*" "${WORK_DIR}/cache/maquette/fetching*")
    if(unpacked)
      set(failures "${failures}  fetch-libtorch left ${unpacked}\n")
    endif()
  endif()
endif()

find_program(SHELLCHECK shellcheck)
if(SHELLCHECK)
  file(GLOB scripts "${ROOT}/packaging/*")
  foreach(script IN LISTS scripts)
    file(READ "${script}" head LIMIT 14)
    if(head MATCHES "^#!.*sh" OR script MATCHES "\\.sh$")
      execute_process(COMMAND "${SHELLCHECK}" -x "${script}" WORKING_DIRECTORY "${ROOT}"
        RESULT_VARIABLE result OUTPUT_VARIABLE out)
      if(NOT result EQUAL 0)
        set(failures "${failures}${out}\n")
      endif()
    endif()
  endforeach()
endif()
find_program(DESKTOP_FILE_VALIDATE desktop-file-validate)
if(DESKTOP_FILE_VALIDATE)
  expect(0 "" "${DESKTOP_FILE_VALIDATE}" "${ROOT}/packaging/org.maquette.Maquette.desktop")
endif()
find_program(APPSTREAMCLI appstreamcli)
if(APPSTREAMCLI)
  expect(0 "" "${APPSTREAMCLI}" validate --no-net "${ROOT}/packaging/org.maquette.Maquette.metainfo.xml")
endif()

file(REMOVE_RECURSE "${WORK_DIR}")
if(NOT failures STREQUAL "")
  message(FATAL_ERROR "The scripts in packaging:\n${failures}")
endif()
message(STATUS "The scripts in packaging are as they should be")
