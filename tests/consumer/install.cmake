# Installs BUILD into an empty PREFIX, and checks that nothing but the library is installed.
file(REMOVE_RECURSE ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --config ${CONFIG} --prefix ${PREFIX}
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(GLOB_RECURSE others RELATIVE ${PREFIX} ${PREFIX}/*)
list(FILTER others EXCLUDE REGEX "^(include/odot/|share/cmake/odot/odot|share/pkgconfig/odot\\.pc$)")
if(others)
  message(FATAL_ERROR "the install rules put more than odot's own files into the prefix: ${others}")
endif()
