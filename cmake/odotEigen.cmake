# Eigen3::Eigen, where an Eigen 3.4 or later is installed. odot's own build and the installed odotConfig.cmake both use this.
#
# A version file of Eigen's accepts requests for its own major version only: one for 3.4 refuses 5, one for 5 refuses 3.4.
# So a request that none can meet lists what there is, in CMake's order of search, and the first that is new enough is used.
if(NOT TARGET Eigen3::Eigen)
  find_package(Eigen3 9999 CONFIG QUIET)
  foreach(odot_eigen_config odot_eigen_version IN ZIP_LISTS Eigen3_CONSIDERED_CONFIGS Eigen3_CONSIDERED_VERSIONS)
    if(odot_eigen_version VERSION_GREATER_EQUAL 3.4)
      get_filename_component(Eigen3_DIR "${odot_eigen_config}" DIRECTORY)
      set(Eigen3_DIR "${Eigen3_DIR}" CACHE PATH "The folder that holds Eigen3Config.cmake" FORCE)
      find_package(Eigen3 ${odot_eigen_version} EXACT CONFIG QUIET)
      break()
    endif()
  endforeach()
endif()
if(NOT TARGET Eigen3::Eigen)
  find_package(Eigen3 3.4 QUIET)  # by a FindEigen3.cmake
endif()
