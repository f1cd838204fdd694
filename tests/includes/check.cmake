# Holds cmake/includes.cmake (SCRIPT) against made-up headers, written to the folder WORK.

# header(<path below odot/> <included>...): one that includes others of odot, from its third line on.
function(header path)
  set(text "#pragma once\n// SPDX-License-Identifier: MIT\n")
  foreach(included IN LISTS ARGN)
    string(APPEND text "#include \"odot/${included}\"\n")
  endforeach()
  file(WRITE ${WORK}/odot/${path} "${text}")
endfunction()

# A small house that is sound.
function(sound_house)
  file(REMOVE_RECURSE ${WORK})
  header(core/shape.hpp)
  header(core/view.hpp core/shape.hpp)
  header(core/gpu.hpp core/view.hpp)
  header(kernels/linear/contract.hpp core/view.hpp)
  header(kernels/linear/cpu/linear.hpp kernels/linear/contract.hpp)
  header(kernels/linear/gpu/linear.hpp core/gpu.hpp kernels/linear/contract.hpp)
  header(expressions/nodes.hpp core/view.hpp)
  header(expressions.hpp expressions/nodes.hpp)
  header(nn/linear.hpp expressions.hpp kernels/linear/contract.hpp)
  header(events/callback.hpp nn/linear.hpp)
  header(io/checkpoint.hpp events/callback.hpp)
  header(train/fit.hpp events/callback.hpp nn/linear.hpp)
  header(odot.hpp kernels/linear/cpu/linear.hpp io/checkpoint.hpp train/fit.hpp)
endfunction()

function(run)
  execute_process(COMMAND ${CMAKE_COMMAND} -D INCLUDE=${WORK} -P ${SCRIPT}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  set(result ${result} PARENT_SCOPE)
  set(output "${output}" PARENT_SCOPE)
endfunction()

# expect(<fault>...): each is said once, and nothing else.
function(expect)
  run()
  foreach(fault IN LISTS ARGN)
    string(FIND "${output}" "${WORK}/odot/${fault}\n" at)
    if(result EQUAL 0 OR at EQUAL -1)
      message(FATAL_ERROR "not found: ${fault}\nin: ${output}")
    endif()
  endforeach()
  string(REGEX MATCHALL "\\.hpp:[0-9]+: " faults "${output}")
  list(LENGTH faults found)
  list(LENGTH ARGN expected)
  if(NOT found EQUAL expected)
    message(FATAL_ERROR "${expected} faults expected, ${found} found:\n${output}")
  endif()
endfunction()

sound_house()
run()
if(NOT result EQUAL 0 OR NOT output MATCHES "13 headers: every arrow goes down, no circle")
  message(FATAL_ERROR "a sound house is refused:\n${output}")
endif()

# An arrow that goes up.
header(core/view.hpp core/shape.hpp nn/name.hpp)
header(nn/name.hpp)
expect("core/view.hpp:4: core must not include odot/nn/name.hpp, only what lies below: nothing")

# Two rooms on one floor, and an umbrella, which nothing may include.
sound_house()
header(io/checkpoint.hpp train/fit.hpp)
header(nn/linear.hpp odot.hpp)
header(odot.hpp core/view.hpp)
expect("io/checkpoint.hpp:3: io must not include odot/train/fit.hpp, only what lies below: events, data, optim, nn, core"
  "nn/linear.hpp:3: nn must not include odot/odot.hpp, only what lies below: expressions, kernels, core")

# A circle inside of a room, closed by the last of three.
sound_house()
header(nn/a.hpp nn/b.hpp)
header(nn/b.hpp nn/linear.hpp nn/c.hpp)
header(nn/c.hpp core/view.hpp nn/linear.hpp nn/a.hpp)
expect("nn/c.hpp:5: closes a circle: nn/a.hpp -> nn/b.hpp -> nn/c.hpp -> nn/a.hpp")

# A header that includes itself.
sound_house()
header(core/shape.hpp core/shape.hpp)
expect("core/shape.hpp:3: closes a circle: core/shape.hpp -> core/shape.hpp")

# A device's kernels where every device's should be; a header that does not exist; a folder that is no room.
sound_house()
header(nn/linear.hpp kernels/linear/cpu/linear.hpp)
header(kernels/linear/cpu/linear.hpp kernels/linear/contract.hpp core/gpu.hpp)
header(train/fit.hpp nn/network.hpp)
header(attic/box.hpp)
expect("nn/linear.hpp:3: only what is the cpu's may include odot/kernels/linear/cpu/linear.hpp, which is the cpu's"
  "kernels/linear/cpu/linear.hpp:4: only what is the gpu's may include odot/core/gpu.hpp, which is the gpu's"
  "train/fit.hpp:3: there is no odot/nn/network.hpp"
  "attic/box.hpp:1: attic is no room that cmake/includes.cmake knows")

# Angle brackets and spaces; and what only looks like an include.
sound_house()
header(nn/name.hpp)
file(APPEND ${WORK}/odot/core/shape.hpp
  "// #include \"odot/nn/linear.hpp\"\nint a[3]; int b;\n\n  #  include <odot/nn/name.hpp>\n")
expect("core/shape.hpp:6: core must not include odot/nn/name.hpp, only what lies below: nothing")
