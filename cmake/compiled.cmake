# odot::compiled: the headers, and a library of what depends on no model.
#
# It is compiled with the flags of the project, CMAKE_CXX_FLAGS and those of the build type, and with OpenMP where the
# compiler has it. Functions compiled for other SIMD widths would have the same symbols, so its users must be compiled with the same
# -march. ODOT_COMPILED, defined for them, is what odot/core/config.hpp makes of the library's flags, and the header refuses
# others.

# The number that the compiler finds in config.hpp, read from an object file: that works for other machines too.
function(odot_flags_number result)
  set(source ${PROJECT_BINARY_DIR}/CMakeFiles/odot_flags.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT [[
#include "odot/core/config.hpp"
extern const char odot_flags[];
const char odot_flags[] = {'O', 'D', 'O', 'T', '_', 'F', 'L', 'A', 'G', 'S', '=', '0' + ODOT_FLAGS / 100,
                           '0' + ODOT_FLAGS / 10 % 10, '0' + ODOT_FLAGS % 10, ';', 0};
]] @ONLY)
  set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)
  get_directory_property(options COMPILE_OPTIONS)
  list(FILTER options EXCLUDE REGEX "[$]<|-flto")
  set(CMAKE_TRY_COMPILE_CONFIGURATION ${CMAKE_BUILD_TYPE})
  set(openmp "")
  if(OpenMP_CXX_FOUND)
    set(openmp OpenMP::OpenMP_CXX)
  endif()
  set(object ${PROJECT_BINARY_DIR}/CMakeFiles/odot_flags.bin)
  try_compile(odot_flags_compiled ${PROJECT_BINARY_DIR}/CMakeFiles/odot_flags ${source}
    CMAKE_FLAGS -DINCLUDE_DIRECTORIES=${PROJECT_SOURCE_DIR}/include
    COMPILE_DEFINITIONS ${options}
    LINK_LIBRARIES ${openmp} CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON OUTPUT_VARIABLE output COPY_FILE ${object})
  if(NOT odot_flags_compiled)
    message(FATAL_ERROR "odot: this compiler can't compile odot/core/config.hpp:\n${output}")
  endif()
  file(STRINGS ${object} number REGEX "ODOT_FLAGS=[0-9]+")
  unset(odot_flags_compiled CACHE)
  string(REGEX MATCH "ODOT_FLAGS=0*([0-9]+)" number "${number}")
  if(CMAKE_MATCH_1 STREQUAL "")
    message(FATAL_ERROR "odot: the object file of ${source} does not say for which instructions it was compiled; \
build odot::compiled without -flto")
  endif()
  set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
endfunction()
odot_flags_number(odot_number)

add_library(odot_compiled STATIC ${PROJECT_SOURCE_DIR}/src/compiled.cpp)
add_library(odot::compiled ALIAS odot_compiled)
target_compile_definitions(odot_compiled PUBLIC ODOT_COMPILED=${odot_number} PRIVATE ODOT_COMPILING)
target_link_libraries(odot_compiled PUBLIC odot $<TARGET_NAME_IF_EXISTS:OpenMP::OpenMP_CXX>)
set_target_properties(odot_compiled PROPERTIES EXPORT_NAME compiled POSITION_INDEPENDENT_CODE ON)
