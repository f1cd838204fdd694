# The library's targets.

file(GLOB_RECURSE odot_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/odot/*.hpp)

add_library(odot INTERFACE)
add_library(odot::odot ALIAS odot)
target_compile_features(odot INTERFACE cxx_std_20)
# The Gpu backend's headers need Thrust. They are installed with the others, but not compiled each by itself.
set(odot_gpu_headers ${odot_headers})
list(FILTER odot_gpu_headers INCLUDE REGEX
  "/(gpu|cuda|cublas|cudnn)\\.hpp$|/kernels/gpu/|/conv2d/(columns|cudnn_[a-z]+)\\.hpp$|/attention_heads/programs\\.hpp$|/attention_block/(lane|team)_[a-z]+\\.hpp$")
list(REMOVE_ITEM odot_headers ${odot_gpu_headers})
target_sources(odot INTERFACE
  FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${odot_headers}
  FILE_SET gpu_headers TYPE HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${odot_gpu_headers})

# The umbrella header reads gzipped files where the compiler finds <zlib.h>, so whoever has zlib must link it. A project
# without zlib loses nothing else.
target_link_libraries(odot INTERFACE Eigen3::Eigen $<TARGET_NAME_IF_EXISTS:ZLIB::ZLIB>)

# Builds odot's own headers each by itself: target all_verify_interface_header_sets.
set_target_properties(odot PROPERTIES VERIFY_INTERFACE_HEADER_SETS ${PROJECT_IS_TOP_LEVEL})
set_target_properties(odot PROPERTIES INTERFACE_HEADER_SETS_TO_VERIFY HEADERS)

# Threads are the user's choice. An installed odot makes this target in odotConfig.cmake.
if(OpenMP_CXX_FOUND)
  add_library(odot_openmp INTERFACE)
  add_library(odot::openmp ALIAS odot_openmp)
  target_link_libraries(odot_openmp INTERFACE odot OpenMP::OpenMP_CXX)
endif()
