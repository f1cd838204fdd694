# odot_discover_doctest(<target> <sources>): after every build of <target>, lists the test cases of each source file and
# registers each case with CTest. doctest's own module knows no files: the same sentence in two files, a sentence with a
# bracket or a filter that matches nothing would get past it. As a script (cmake -P), this file does the listing.

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(odot_doctest_script ${CMAKE_CURRENT_LIST_FILE})

  function(odot_discover_doctest target sources)
    set(registry ${CMAKE_CURRENT_BINARY_DIR}/${target}.ctest.cmake)
    add_custom_command(TARGET ${target} POST_BUILD
      COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:${target}> -D "SOURCES=${sources}" -D REGISTRY=${registry}
              -P ${odot_doctest_script}
      BYPRODUCTS ${registry} VERBATIM)
    set(include_file ${CMAKE_CURRENT_BINARY_DIR}/${target}.include.cmake)
    file(WRITE ${include_file} "if(EXISTS \"${registry}\")\n  include(\"${registry}\")\n"
      "else()\n  add_test(${target}_is_not_built ${target}_is_not_built)\nendif()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${include_file})
  endfunction()

  return()
endif()

set(registry "")
foreach(source IN LISTS SOURCES)
  set(file_filter "--source-file=*/${source}")
  execute_process(COMMAND ${PROGRAM} ${file_filter} --list-test-cases --no-colors=1
    OUTPUT_VARIABLE output RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} can't list its test cases (exit code ${result}):\n${output}")
  endif()
  get_filename_component(folder ${source} DIRECTORY)
  string(REGEX REPLACE "\\.cpp$" "" unit ${source})
  while(output MATCHES "^([^\n]*)\n(.*)$")
    set(case "${CMAKE_MATCH_1}")
    set(output "${CMAKE_MATCH_2}")
    if(case STREQUAL "" OR case MATCHES "^(\\[doctest\\]|====)")
      continue()
    endif()
    # In doctest's filters a comma separates and a backslash escapes; a question mark stands for any one character.
    string(REGEX REPLACE "[^A-Za-z0-9 .:_<>()=+/-]" "?" case_filter "${case}")
    set(name "[==[${unit}: ${case}]==]")
    string(APPEND registry
      "add_test(${name} [==[${PROGRAM}]==] [==[${file_filter}]==] [==[--test-case=${case_filter}]==])\n"
      "set_tests_properties(${name} PROPERTIES LABELS ${folder} TIMEOUT 600 SKIP_RETURN_CODE 77\n"
      "  FAIL_REGULAR_EXPRESSION \"test cases: +0 \" SKIP_REGULAR_EXPRESSION \"NOT CHECKED\")\n")
  endwhile()
endforeach()
file(WRITE ${REGISTRY} "${registry}")
