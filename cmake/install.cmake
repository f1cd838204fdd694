# Install rules: headers, find_package files, pkg-config file. But for the compiled
# library nothing depends on the processor, so all lies in share/. Where
# a folder of GNUInstallDirs is relative, so are the installed files' paths, and the installed tree may be moved.
#
# They are there as a subdirectory too: a library that uses odot and exports its own targets needs odot's. A project that
# installs a program only leaves odot out by add_subdirectory(odot EXCLUDE_FROM_ALL) or ODOT_INSTALL=OFF.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(odot_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/odot)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/odot DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT odot
  FILES_MATCHING PATTERN "*.hpp")
install(TARGETS odot EXPORT odotTargets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT odotTargets NAMESPACE odot:: DESTINATION ${odot_package_dir} COMPONENT odot)

# The compiled library depends on the processor and has a place of its own.
if(ODOT_BUILD_COMPILED)
  install(TARGETS odot_compiled EXPORT odotCompiledTargets COMPONENT odot_compiled
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT odotCompiledTargets NAMESPACE odot:: DESTINATION ${odot_package_dir} COMPONENT odot_compiled)
  export(EXPORT odotCompiledTargets NAMESPACE odot:: FILE ${PROJECT_BINARY_DIR}/odotCompiledTargets.cmake)
endif()

# The package's files, in the build tree too: odot_DIR may name it, and a library may export its own build tree.
set(odot_package_files odotConfig.cmake odotConfigVersion.cmake odotEigen.cmake odotIo.cmake odotBlas.cmake odotGpu.cmake)
configure_package_config_file(cmake/odotConfig.cmake.in ${PROJECT_BINARY_DIR}/odotConfig.cmake
  INSTALL_DESTINATION ${odot_package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/odotConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
configure_file(cmake/odotEigen.cmake ${PROJECT_BINARY_DIR}/odotEigen.cmake COPYONLY)
configure_file(cmake/odotIo.cmake ${PROJECT_BINARY_DIR}/odotIo.cmake COPYONLY)
configure_file(cmake/odotBlas.cmake ${PROJECT_BINARY_DIR}/odotBlas.cmake COPYONLY)
configure_file(cmake/odotGpu.cmake ${PROJECT_BINARY_DIR}/odotGpu.cmake COPYONLY)
export(EXPORT odotTargets NAMESPACE odot:: FILE ${PROJECT_BINARY_DIR}/odotTargets.cmake)
list(TRANSFORM odot_package_files PREPEND ${PROJECT_BINARY_DIR}/)
install(FILES ${odot_package_files} DESTINATION ${odot_package_dir} COMPONENT odot)

# The prefix of the pkg-config file is taken from where the file lies.
cmake_path(IS_ABSOLUTE CMAKE_INSTALL_DATADIR odot_prefix_is_fixed)
if(odot_prefix_is_fixed)
  set(odot_pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
  file(RELATIVE_PATH odot_pc_prefix /${CMAKE_INSTALL_DATADIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" odot_pc_prefix "\${pcfiledir}/${odot_pc_prefix}")
endif()
set(odot_pc_includedir ${CMAKE_INSTALL_INCLUDEDIR})
cmake_path(ABSOLUTE_PATH odot_pc_includedir BASE_DIRECTORY "\${prefix}")
# pkg-config separates words by spaces.
string(REPLACE " " "\\ " odot_pc_prefix "${odot_pc_prefix}")
string(REPLACE " " "\\ " odot_pc_includedir "${odot_pc_includedir}")
configure_file(cmake/odot.pc.in ${PROJECT_BINARY_DIR}/odot.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/odot.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig COMPONENT odot)
