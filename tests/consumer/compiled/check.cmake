# odot with its compiled library, installed: programs link it, and those of other instructions are refused.
include(${CMAKE_CURRENT_LIST_DIR}/../commands.cmake)
set(nothing_of_its_own -DODOT_BUILD_TESTS=OFF -DODOT_BUILD_EXAMPLES=OFF -DODOT_BUILD_BENCHMARKS=OFF)
set(program ${CMAKE_CURRENT_LIST_DIR})
set(version -DODOT_VERSION=${ODOT_VERSION})

configure(${ODOT_SOURCE} ${WORK}/odot ${nothing_of_its_own} -DODOT_BUILD_COMPILED=ON)
build(${WORK}/odot odot_compiled)
run(${CMAKE_COMMAND} --install ${WORK}/odot --prefix ${WORK}/prefix)

configure(${program} ${WORK}/user ${version} -DCMAKE_PREFIX_PATH=${WORK}/prefix)
build(${WORK}/user)
foreach(name train fit progress)
  run(${WORK}/user/${name})
endforeach()

if(OTHER_FLAGS)
  configure(${program} ${WORK}/other ${version} -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_FLAGS=${OTHER_FLAGS})
  must_fail("odot::compiled was compiled for another instruction set" ${CMAKE_COMMAND} --build ${WORK}/other
    --target progress)
endif()

# Where it was not installed, the component is missing.
configure(${ODOT_SOURCE} ${WORK}/headers ${nothing_of_its_own})
run(${CMAKE_COMMAND} --install ${WORK}/headers --prefix ${WORK}/without)
must_fail("was installed without its component compiled" ${CMAKE_COMMAND} -S ${program} -B ${WORK}/none ${version}
  -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${WORK}/without)
