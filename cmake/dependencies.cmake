# What odot needs: Eigen. What odot uses where it is found: zlib, OpenMP; for odot::io (odotIo.cmake) nlohmann/json,
# protozero, stb.

# odot_find_headers(<package> <version> TARGET <target> INCLUDE <dir> URL <url> SHA256 <hash>)
# Makes the header-only <target> available: by find_package, else from a pinned archive whose headers lie in <dir>. The
# archive's own build is left out; only its headers are used.
function(odot_find_headers package version)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "TARGET;INCLUDE;URL;SHA256" "")
  if(TARGET ${arg_TARGET})
    return()
  endif()
  find_package(${package} ${version} QUIET)
  if(TARGET ${arg_TARGET})
    return()
  endif()
  message(STATUS "odot: ${package} ${version} or later is not installed; downloading ${arg_URL}")
  include(FetchContent)
  string(TOLOWER odot_${package} name)
  FetchContent_Declare(${name} URL ${arg_URL} URL_HASH SHA256=${arg_SHA256}
    DOWNLOAD_EXTRACT_TIMESTAMP OFF SOURCE_SUBDIR headers-only)
  FetchContent_MakeAvailable(${name})
  add_library(${arg_TARGET} INTERFACE IMPORTED)
  target_include_directories(${arg_TARGET} INTERFACE ${${name}_SOURCE_DIR}/${arg_INCLUDE})
endfunction()

# odot_find_header_folder(<variable> <name> INCLUDE <dir> URL <url> SHA256 <hash>)
# Headers without a CMake package: sets <variable>, unless it names a folder already, to the folder <dir> of a pinned
# archive.
function(odot_find_header_folder variable name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "INCLUDE;URL;SHA256" "")
  if(${variable})
    return()
  endif()
  message(STATUS "odot: ${name} is not installed; downloading ${arg_URL}")
  include(FetchContent)
  FetchContent_Declare(odot_${name} URL ${arg_URL} URL_HASH SHA256=${arg_SHA256}
    DOWNLOAD_EXTRACT_TIMESTAMP OFF SOURCE_SUBDIR headers-only)
  FetchContent_MakeAvailable(odot_${name})
  set(${variable} ${odot_${name}_SOURCE_DIR}/${arg_INCLUDE} PARENT_SCOPE)
endfunction()

include(${CMAKE_CURRENT_LIST_DIR}/odotEigen.cmake)
odot_find_headers(Eigen3 3.4 TARGET Eigen3::Eigen INCLUDE .
  URL https://gitlab.com/libeigen/eigen/-/archive/3.4.0/eigen-3.4.0.tar.gz
  SHA256 8586084f71f9bde545ee7fa6d00288b264a2b7ac3607b974e54d13e7162c1c72)

find_package(ZLIB QUIET)
find_package(OpenMP QUIET COMPONENTS CXX)
