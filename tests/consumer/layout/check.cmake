# odot installed in folders of every kind; find_package and pkg-config must find it there.
include(${CMAKE_CURRENT_LIST_DIR}/../commands.cmake)
set(nothing_of_its_own -DODOT_BUILD_TESTS=OFF -DODOT_BUILD_EXAMPLES=OFF -DODOT_BUILD_BENCHMARKS=OFF)

# found(<name> <prefix> <package folder> <folder of odot.pc>)
function(found name prefix package pc)
  configure(${CMAKE_CURRENT_LIST_DIR} ${WORK}/${name} -DCMAKE_PREFIX_PATH=${prefix} -Dodot_DIR=${package}
    -DODOT_VERSION=${ODOT_VERSION})
  build(${WORK}/${name})
  run(${WORK}/${name}/layout)
  if(PKG_CONFIG)
    set(ENV{PKG_CONFIG_PATH} ${pc})
    execute_process(COMMAND ${PKG_CONFIG} --cflags --libs odot OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    run(${COMPILER} -std=c++20 ${CMAKE_CURRENT_LIST_DIR}/small.cpp ${flags} -o ${WORK}/${name}/by_pkg_config)
    run(${WORK}/${name}/by_pkg_config)
  endif()
endfunction()

# Absolute folders, none where the prefix would put it. (CMake wants those in a source tree to be below the prefix.)
configure(${ODOT_SOURCE} ${WORK}/absolute_build ${nothing_of_its_own} -DCMAKE_INSTALL_PREFIX=${WORK}
  -DCMAKE_INSTALL_INCLUDEDIR=${WORK}/absolute/headers -DCMAKE_INSTALL_DATADIR=${WORK}/absolute/data
  -DCMAKE_INSTALL_LIBDIR=${WORK}/absolute/lib)
run(${CMAKE_COMMAND} --install ${WORK}/absolute_build)
found(absolute "" ${WORK}/absolute/data/cmake/odot ${WORK}/absolute/data/pkgconfig)
if(EXISTS ${WORK}/include OR EXISTS ${WORK}/share)
  message(FATAL_ERROR "something is installed in the prefix's usual folders, though every folder is another")
endif()

# Other folders inside a prefix with a space, packed by DESTDIR and unpacked elsewhere.
configure(${ODOT_SOURCE} ${WORK}/packed_build ${nothing_of_its_own} "-DCMAKE_INSTALL_PREFIX=/opt/my odot"
  -DCMAKE_INSTALL_INCLUDEDIR=include/of/others -DCMAKE_INSTALL_DATADIR=lib/any-linux-gnu)
set(ENV{DESTDIR} ${WORK}/packed)
run(${CMAKE_COMMAND} --install ${WORK}/packed_build)
unset(ENV{DESTDIR})
file(RENAME "${WORK}/packed/opt/my odot" "${WORK}/un packed")
found(unpacked "${WORK}/un packed" "${WORK}/un packed/lib/any-linux-gnu/cmake/odot"
  "${WORK}/un packed/lib/any-linux-gnu/pkgconfig")

# An unknown component is named.
must_fail("odot has no component 'cuda', only openmp, compiled, io, blas and gpu" ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}
  -B ${WORK}/absolute -DODOT_UNKNOWN=cuda)
