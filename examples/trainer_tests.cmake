# How the trainers are tested as programs: good runs end with the result line, bad input with one line that helps.

# odot_trainer_test(<trainer> <name> RESULT <pattern of the result line> | ERROR <text of the message> ARGUMENTS ...)
function(odot_trainer_test trainer name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "RESULT;ERROR" "ARGUMENTS")
  if(NOT TARGET ${trainer})
    return()
  endif()
  add_test(NAME "${trainer}: ${name}"
    COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:${trainer}> -D "RESULT=${arg_RESULT}" -D "ERROR=${arg_ERROR}"
            -P ${CMAKE_CURRENT_SOURCE_DIR}/check_trainer.cmake -- ${arg_ARGUMENTS})
  set_tests_properties("${trainer}: ${name}" PROPERTIES LABELS examples TIMEOUT 600)
endfunction()

# Data folders that must be rejected.
set(bad ${CMAKE_CURRENT_BINARY_DIR}/bad_data)
file(MAKE_DIRECTORY ${bad}/empty_folder)
foreach(name train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1)
  foreach(set fashion-mnist mnist)
    file(WRITE ${bad}/empty_files/${set}/${name}-ubyte "")
    file(WRITE ${bad}/foreign_files/${set}/${name}-ubyte "this is not an IDX file, it is a text\n")
  endforeach()
endforeach()
foreach(name data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch)
  file(WRITE ${bad}/empty_files/cifar-10-batches-bin/${name}.bin "")
  file(WRITE ${bad}/foreign_files/cifar-10-batches-bin/${name}.bin "this is not a CIFAR-10 file, it is a text\n")
endforeach()

set(number "[0-9.]+")
set(tiny --data synthetic --epochs 1 --batch-size 256)

# What every trainer has in common. result: the start of the result line.
function(odot_common_trainer_tests trainer result outcome)
  odot_trainer_test(${trainer} "trains on the synthetic set" ARGUMENTS ${tiny} ${ARGN}
    RESULT "${result} epochs=1 ${outcome}")
  odot_trainer_test(${trainer} "evaluates the untrained network" ARGUMENTS --data synthetic --epochs 0 --quiet ${ARGN}
    RESULT "${result} epochs=0 ${outcome}")

  odot_trainer_test(${trainer} "rejects an unknown option" ERROR "--modell" ARGUMENTS ${tiny} --modell b)
  odot_trainer_test(${trainer} "rejects an argument that is no option" ERROR "stray" ARGUMENTS ${tiny} stray)
  odot_trainer_test(${trainer} "rejects a negative number of epochs" ERROR "--epochs" ARGUMENTS ${tiny} --epochs=-1)
  odot_trainer_test(${trainer} "rejects epochs that are no number" ERROR "--epochs"
    ARGUMENTS --data synthetic --epochs many)
  odot_trainer_test(${trainer} "rejects a batch size of zero" ERROR "--batch-size"
    ARGUMENTS --data synthetic --batch-size 0)
  odot_trainer_test(${trainer} "rejects a negative batch size" ERROR "--batch-size"
    ARGUMENTS --data synthetic --batch-size=-5)
  odot_trainer_test(${trainer} "rejects a batch larger than the set" ERROR "100000000"
    ARGUMENTS --data synthetic --batch-size 100000000)
  odot_trainer_test(${trainer} "rejects a negative learning rate" ERROR "learning_rate"
    ARGUMENTS ${tiny} --learning-rate=-1)
  odot_trainer_test(${trainer} "rejects a negative number of threads" ERROR "--threads" ARGUMENTS ${tiny} --threads=-2)
  odot_trainer_test(${trainer} "rejects a missing data folder" ERROR "${bad}/no_such_folder"
    ARGUMENTS --data ${bad}/no_such_folder)
  odot_trainer_test(${trainer} "rejects an empty data folder" ERROR "${bad}/empty_folder"
    ARGUMENTS --data ${bad}/empty_folder)
  odot_trainer_test(${trainer} "rejects empty data files" ERROR "${bad}/empty_files"
    ARGUMENTS --data ${bad}/empty_files)
  odot_trainer_test(${trainer} "rejects foreign data files" ERROR "${bad}/foreign_files"
    ARGUMENTS --data ${bad}/foreign_files)
endfunction()

# The trainers of "Element-Wise Attention Layers".
function(odot_trainer_tests trainer model parameters)
  set(result "model=${model} dataset=synthetic parameters=${parameters}")
  set(outcome "loss=${number} accuracy=${number} gradient_average=[0-9.e+-]+ seconds=${number}$")
  odot_common_trainer_tests(${trainer} "${result}" "${outcome}")
  odot_trainer_test(${trainer} "rejects an unknown model" ERROR "--model" ARGUMENTS ${tiny} --model z)
  odot_trainer_test(${trainer} "rejects an unknown device" ERROR "--device" ARGUMENTS ${tiny} --device tpu)
  if(NOT ODOT_GPU)
    odot_trainer_test(${trainer} "says that it was built without a GPU backend" ERROR "ODOT_GPU=cuda"
      ARGUMENTS ${tiny} --device gpu)
  elseif(NOT ODOT_GPU STREQUAL "cuda")
    odot_trainer_test(${trainer} "trains with the GPU backend's code on the host" ARGUMENTS ${tiny} --device gpu
      RESULT "${result} epochs=1 ${outcome}")
  endif()
  odot_trainer_test(${trainer} "rejects an output folder it can't write" ERROR "${CMAKE_CURRENT_FUNCTION_LIST_FILE}"
    ARGUMENTS ${tiny} --out ${CMAKE_CURRENT_FUNCTION_LIST_FILE}/out)
endfunction()

odot_trainer_tests(fashion_mnist b 33084)
odot_trainer_tests(cifar10 attention 229942)
if(TARGET cifar10)
  set_property(TEST "cifar10: trains on the synthetic set" APPEND PROPERTY LABELS slow)  # minutes under a sanitizer
endif()

# The stream's own: every image gets the same class as by predict; the outputs differ by rounding at most (the program
# fails otherwise). One thread: a step of one row is too little work for threads that share their cores.
odot_common_trainer_tests(stream "model=causal-ea6 dataset=synthetic parameters=69450"
  "accuracy=${number} streamed_accuracy=${number} unlike=0 difference=[0-9.e+-]+ state_bytes=7680 tokens=1500 microseconds=${number} seconds=${number}$"
  --tokens 1500 --threads 1)
odot_trainer_test(stream "rejects a stream of no token" ERROR "--tokens" ARGUMENTS ${tiny} --tokens 0)
odot_trainer_test(stream "rejects tokens that are no number" ERROR "--tokens" ARGUMENTS ${tiny} --tokens few)
odot_trainer_test(stream "rejects no sequence" ERROR "--sequences" ARGUMENTS ${tiny} --sequences 0)
odot_trainer_test(stream "rejects a negative number of sequences" ERROR "--sequences" ARGUMENTS ${tiny} --sequences=-3)
