# Commands of the checks that build more than one project. Every check is a script with COMPILER, GENERATOR, ODOT_SOURCE and
# WORK, a folder of its own that is emptied first.

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

# run(<command>...): must succeed; its output is shown if it does not.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\n${output}\nexit code: ${result}")
  endif()
endfunction()

# must_fail(<text> <command>...): must not succeed, and the output, on one line, must contain the text.
function(must_fail text)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " line "${output}")
  string(FIND "${line}" "${text}" at)
  if(result EQUAL 0 OR at EQUAL -1)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\n${output}\nmust fail and say: ${text}")
  endif()
endfunction()

# configure(<source> <build> <options>...)
function(configure source build)
  run(${CMAKE_COMMAND} -S ${source} -B ${build} -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=Debug
    ${ARGN})
endfunction()

# build(<build> [<target>])
function(build folder)
  list(TRANSFORM ARGN PREPEND --target=)
  run(${CMAKE_COMMAND} --build ${folder} ${ARGN})
endfunction()
