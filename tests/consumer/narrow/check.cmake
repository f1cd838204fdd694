# A program that includes only what it names compiles and runs, and reads at most 60 % of the headers that the same program
# reads by the umbrella.
include(${CMAKE_CURRENT_LIST_DIR}/../commands.cmake)
set(compile ${COMPILER} -std=c++20 -I${ODOT_SOURCE}/include -I${EIGEN_INCLUDE})

run(${compile} ${CMAKE_CURRENT_LIST_DIR}/narrow.cpp -o ${WORK}/narrow)
run(${WORK}/narrow)

# headers(<source> <result>): how many headers of odot it reads.
function(headers source result)
  execute_process(COMMAND ${compile} -MM ${source} OUTPUT_VARIABLE rule COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "/include/odot/[^ ]+\\.hpp" found "${rule}")
  list(LENGTH found count)
  set(${result} ${count} PARENT_SCOPE)
endfunction()
headers(${CMAKE_CURRENT_LIST_DIR}/narrow.cpp narrow)
headers(${CMAKE_CURRENT_LIST_DIR}/../train.cpp umbrella)
math(EXPR limit "${umbrella} * 60 / 100")
message("${narrow} headers, by the umbrella ${umbrella}")
if(narrow EQUAL 0 OR narrow GREATER limit)
  message(FATAL_ERROR "the narrow program reads ${narrow} headers of odot; at most ${limit} were expected")
endif()
