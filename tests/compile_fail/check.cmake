# Compiles SOURCE with COMPILER and holds the outcome against the file's first line; see CMakeLists.txt beside this.

file(READ ${SOURCE} text)
set(expected "")
if(text MATCHES "^// expect: ([^\n]+)")
  set(expected "${CMAKE_MATCH_1}")
elseif(NOT SOURCE MATCHES "/must_compile[^/]*$")
  message(FATAL_ERROR "${SOURCE}: the first line must be `// expect: <text of the error>`")
endif()

list(TRANSFORM SYSTEM_INCLUDE PREPEND -isystem)
list(TRANSFORM HEADER_FOLDER PREPEND -I)
set(ENV{LC_ALL} C.UTF-8)
execute_process(COMMAND ${COMPILER} -std=c++20 -fsyntax-only ${HEADER_FOLDER} -I${INCLUDE} ${SYSTEM_INCLUDE} ${SOURCE}
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)

function(fail message)
  message("${output}")
  message(FATAL_ERROR "${SOURCE}:\n  ${message}")
endfunction()

if(expected STREQUAL "")
  if(NOT result EQUAL 0)
    fail("must compile, but does not")
  endif()
  return()
endif()

string(REGEX MATCHALL "error:" errors "${output}")
list(LENGTH errors count)
string(REGEX MATCH "error:[^\n]*" first_error "${output}")
string(FIND "${first_error}" "${expected}" at)
if(result EQUAL 0)
  fail("must not compile, but does; expected: ${expected}")
elseif(at EQUAL -1)
  fail("the first error must contain: ${expected}")
elseif(NOT count EQUAL 1)
  fail("must make one error, and makes ${count}")
endif()
