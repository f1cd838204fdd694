# The library's targets.

add_library(odot INTERFACE)
add_library(odot::odot ALIAS odot)
target_compile_features(odot INTERFACE cxx_std_20)
target_include_directories(odot INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)

# The umbrella header reads gzipped files where the compiler finds <zlib.h>, so whoever has zlib must link it. A project
# without zlib loses nothing else. Both are named by a generator expression, which an export takes as it stands: a project
# that builds Eigen itself need not export it.
target_link_libraries(odot INTERFACE $<TARGET_NAME_IF_EXISTS:Eigen3::Eigen> $<TARGET_NAME_IF_EXISTS:ZLIB::ZLIB>)

# Threads are the user's choice. An installed odot makes this target in odotConfig.cmake. It is an imported target here
# too: a library that exports its own targets names imported ones as they are.
if(OpenMP_CXX_FOUND)
  add_library(odot::openmp INTERFACE IMPORTED GLOBAL)
  target_link_libraries(odot::openmp INTERFACE odot OpenMP::OpenMP_CXX)
endif()

# Builds odot's own headers each by itself: target all_verify_interface_header_sets. Those of the Gpu backend, which are
# called gpu.hpp or lie in a folder gpu, need Thrust and are left out.
if(PROJECT_IS_TOP_LEVEL OR ODOT_BUILD_TESTS)
  file(GLOB_RECURSE odot_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/odot/*.hpp)
  list(FILTER odot_headers EXCLUDE REGEX "/include/odot/(.+/)?gpu(/.+)?\\.hpp$")
  add_library(odot_headers INTERFACE)
  target_link_libraries(odot_headers INTERFACE odot $<TARGET_NAME_IF_EXISTS:odot::io>)
  target_sources(odot_headers INTERFACE
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${odot_headers})
  set_target_properties(odot_headers PROPERTIES VERIFY_INTERFACE_HEADER_SETS ${PROJECT_IS_TOP_LEVEL})
endif()
