# Both major versions of Eigen are accepted, the first in CMake's order of search; an Eigen that is too old is passed over.
# The Eigens here are packages without headers, with version files as Eigen makes them.
include(${CMAKE_CURRENT_LIST_DIR}/../commands.cmake)
include(CMakePackageConfigHelpers)

foreach(version 3.3.9 3.4.0 5.0.1)
  set(folder ${WORK}/eigen-${version}/share/eigen3/cmake)
  file(WRITE ${folder}/Eigen3Config.cmake
    "if(NOT TARGET Eigen3::Eigen)\n  add_library(Eigen3::Eigen INTERFACE IMPORTED)\nendif()\n")
  set(CVF_VERSION ${version})
  configure_file(${CMAKE_ROOT}/Modules/BasicConfigVersion-SameMajorVersion.cmake.in
    ${folder}/Eigen3ConfigVersion.cmake @ONLY)
endforeach()

# used(<version> <versions in order of search>...)
function(used version)
  list(TRANSFORM ARGN PREPEND ${WORK}/eigen-)
  list(JOIN ARGN ":" order)
  set(ENV{CMAKE_PREFIX_PATH} ${order})
  foreach(option -DODOT_SOURCE=${ODOT_SOURCE} -Dodot_DIR=${ODOT_PACKAGE})
    file(REMOVE_RECURSE ${WORK}/build)
    configure(${CMAKE_CURRENT_LIST_DIR} ${WORK}/build ${option}
      -DEXPECTED=${WORK}/eigen-${version}/share/eigen3/cmake)
  endforeach()
endfunction()

used(5.0.1 5.0.1 3.4.0)
used(3.4.0 3.4.0 5.0.1)
used(5.0.1 3.3.9 5.0.1)

file(REMOVE_RECURSE ${WORK}/build)
set(ENV{CMAKE_PREFIX_PATH} ${WORK}/eigen-3.3.9)
must_fail("odot needs Eigen 3.4 or later, and find_package finds none (versions seen: '3.3.9')"
  ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER}
  -Dodot_DIR=${ODOT_PACKAGE} -DNOT_THE_SYSTEM=ON)
