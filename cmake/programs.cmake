# How odot's own programs (tests, examples, benchmarks) are built. Nothing of this reaches users of the library.

include(CheckCXXCompilerFlag)

get_property(odot_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(PROJECT_IS_TOP_LEVEL AND NOT odot_multi_config AND NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release (-O3), RelWithDebInfo, MinSizeRel or Debug" FORCE)
endif()

if(NOT odot_multi_config)
  string(TOUPPER "CMAKE_CXX_FLAGS_${CMAKE_BUILD_TYPE}" flags)
  set(flags "${CMAKE_CXX_FLAGS} ${${flags}}")
  if(NOT flags MATCHES "[-/]O([1-9s]|fast)" AND NOT flags MATCHES "-fsanitize=")
    message(WARNING "odot: build type '${CMAKE_BUILD_TYPE}' does not optimise. odot's programs will run 20 to 100 "
      "times slower than in a Release build; configure with -DCMAKE_BUILD_TYPE=Release unless you are debugging.")
  endif()
endif()

# Link this into every program of ours.
add_library(odot_program INTERFACE)
target_link_libraries(odot_program INTERFACE odot::odot)

if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  target_compile_options(odot_program INTERFACE
    "$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion>")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC warns of its own AVX-512 intrinsics (GCC bug 105593), and blames whoever inlines them.
  target_compile_options(odot_program INTERFACE
    "$<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized;-Wno-uninitialized>")
  # GCC's garbage collection takes a twentieth of the time to compile, and saves a tenth of the memory.
  target_compile_options(odot_program INTERFACE
    "$<$<COMPILE_LANGUAGE:CXX>:--param=ggc-min-expand=100;--param=ggc-min-heapsize=600000>")
endif()

# Passes of GCC that take a fifth of the time to compile at -O1, for what runs for a moment: a training step takes 1.4 times
# as long without them. (Without those of loops it would take 2.7 times as long.)
set(odot_quick_options "")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(passes dse ipa-modref ipa-profile ipa-pure-const ipa-reference ipa-reference-addressable tree-bit-ccp
    tree-dominator-opts tree-dse tree-pta tree-sink tree-slsr)
  list(TRANSFORM passes PREPEND -fno-)
  check_cxx_compiler_flag("${passes}" odot_has_passes)
  if(odot_has_passes)
    set(odot_quick_options ${passes})
  endif()
endif()
if(ODOT_QUICK_BUILD)
  target_compile_options(odot_program INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${odot_quick_options}>")
endif()

if(ODOT_NATIVE)
  check_cxx_compiler_flag(-march=native odot_has_march_native)
  if(odot_has_march_native)
    target_compile_options(odot_program INTERFACE
      "$<$<COMPILE_LANGUAGE:CXX>:-march=native>" "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-march=native>")
  endif()
endif()

if(TARGET odot::io)
  target_link_libraries(odot_program INTERFACE odot::io)
endif()
if(TARGET odot::blas)
  target_link_libraries(odot_program INTERFACE odot::blas)
endif()
if(TARGET odot::openmp)
  target_link_libraries(odot_program INTERFACE odot::openmp)
else()
  message(STATUS "odot: the compiler has no OpenMP; programs run on one thread")
endif()
