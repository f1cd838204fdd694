# Install rules: headers, find_package files, pkg-config file. Nothing depends on the processor, so all lies in share/.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(odot_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/odot)

install(TARGETS odot EXPORT odotTargets FILE_SET HEADERS FILE_SET gpu_headers)
install(EXPORT odotTargets NAMESPACE odot:: DESTINATION ${odot_package_dir})

configure_package_config_file(cmake/odotConfig.cmake.in ${PROJECT_BINARY_DIR}/odotConfig.cmake
  INSTALL_DESTINATION ${odot_package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/odotConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/odotConfig.cmake ${PROJECT_BINARY_DIR}/odotConfigVersion.cmake cmake/odotGpu.cmake
  DESTINATION ${odot_package_dir})

# The prefix of the pkg-config file is taken from where the file lies, so an installed tree may be moved.
file(RELATIVE_PATH odot_prefix_from_pc /${CMAKE_INSTALL_DATADIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" odot_prefix_from_pc ${odot_prefix_from_pc})
configure_file(cmake/odot.pc.in ${PROJECT_BINARY_DIR}/odot.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/odot.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
