# A library that uses odot is installed, or left in its build tree, and found by a project that knows nothing of odot.
include(${CMAKE_CURRENT_LIST_DIR}/../commands.cmake)
set(user ${CMAKE_CURRENT_LIST_DIR}/user)

# A static library, installed together with odot.
configure(${CMAKE_CURRENT_LIST_DIR} ${WORK}/mine -DODOT_SOURCE=${ODOT_SOURCE} -DBRING=add_subdirectory)
build(${WORK}/mine)
run(${CMAKE_COMMAND} --install ${WORK}/mine --prefix ${WORK}/prefix)
configure(${user} ${WORK}/user -DCMAKE_PREFIX_PATH=${WORK}/prefix)
build(${WORK}/user)
run(${WORK}/user/uses_mine)

# The same without odot.
configure(${CMAKE_CURRENT_LIST_DIR} ${WORK}/mine -DBRING=EXCLUDE_FROM_ALL)
run(${CMAKE_COMMAND} --install ${WORK}/mine --prefix ${WORK}/without)
file(GLOB installed RELATIVE ${WORK}/without ${WORK}/without/include/* ${WORK}/without/share/*)
if(NOT installed STREQUAL "include/mine.hpp")
  message(FATAL_ERROR "EXCLUDE_FROM_ALL installs ${installed}, not include/mine.hpp alone")
endif()

# A shared library, in its build tree.
configure(${CMAKE_CURRENT_LIST_DIR} ${WORK}/shared -DODOT_SOURCE=${ODOT_SOURCE} -DBRING=FetchContent
  -DEIGEN_INCLUDE=${EIGEN_INCLUDE} -DBUILD_SHARED_LIBS=ON)
build(${WORK}/shared)
configure(${user} ${WORK}/user_of_shared -Dmine_DIR=${WORK}/shared -Dodot_DIR=${WORK}/shared/_deps/odot-build)
build(${WORK}/user_of_shared)
run(${WORK}/user_of_shared/uses_mine)
