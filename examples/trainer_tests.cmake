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
foreach(name japanese-vowels/JapaneseVowels_TRAIN.ts japanese-vowels/JapaneseVowels_TEST.ts ett/ETTh2.csv)
  file(WRITE ${bad}/empty_files/${name} "")
  file(WRITE ${bad}/foreign_files/${name} "this is neither\n")
endforeach()

set(number "[0-9.]+")
set(tiny --data synthetic --epochs 1 --batch-size 256)

# Numbers that are none, or out of range. ARGN: the option that says what to learn from, if it is not --data.
function(odot_number_tests trainer)
  set(data --data)
  if(ARGN)
    set(data ${ARGN})
  endif()
  set(whole --epochs --batch-size --seed --threads)
  foreach(option IN LISTS whole ITEMS --learning-rate)
    foreach(value nan inf -inf -1 1e999 0x10 12a 1,5 99999999999999999999999 "=" " 1" true)
      odot_trainer_test(${trainer} "rejects ${option}=${value}" ERROR "error: ${option}: " ARGUMENTS "${option}=${value}")
    endforeach()
  endforeach()
  foreach(option IN LISTS whole)
    foreach(value 1.0 1e3)
      odot_trainer_test(${trainer} "rejects ${option}=${value}" ERROR "error: ${option}: expected a whole number from "
        ARGUMENTS "${option}=${value}")
    endforeach()
  endforeach()
  odot_trainer_test(${trainer} "rejects a million threads" ERROR "0 to 1024, found '1000000'" ARGUMENTS --threads 1000000)
  odot_trainer_test(${trainer} "rejects an option given twice" ERROR "--epochs" ARGUMENTS --epochs 1 --epochs 2)
  odot_trainer_test(${trainer} "rejects a folder without a name" ERROR "${data}" ARGUMENTS ${data}=)
  odot_trainer_test(${trainer} "rejects --resume without a folder" ERROR "--resume: expected --out as well"
    ARGUMENTS ${data} synthetic --resume)
  odot_trainer_test(${trainer} "rejects an interval of no unit" ERROR "--checkpoint-every: expected a whole number"
    ARGUMENTS --checkpoint-every 5x)
  odot_trainer_test(${trainer} "rejects to keep no checkpoint" ERROR "--keep: expected a whole number from 1"
    ARGUMENTS --keep 0)
endfunction()

# A program whose output is not taken must say so: check_output.sh.
find_program(odot_sh sh)
function(odot_output_test program)
  if(odot_sh AND TARGET ${program})
    list(JOIN ARGN " " arguments)
    set(name "${program}: says so when its output is not taken (${arguments})")
    add_test(NAME "${name}" COMMAND ${odot_sh}
      ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/check_output.sh $<TARGET_FILE:${program}> ${ARGN})
    set_tests_properties("${name}" PROPERTIES LABELS examples TIMEOUT 600)
  endif()
endfunction()

# What every trainer has in common. result: the start of the result line.
function(odot_common_trainer_tests trainer result outcome)
  odot_trainer_test(${trainer} "trains on the synthetic set" ARGUMENTS ${tiny} ${ARGN}
    RESULT "${result} epochs=1 ${outcome}")
  odot_trainer_test(${trainer} "evaluates the untrained network" ARGUMENTS --data synthetic --epochs 0 --quiet ${ARGN}
    RESULT "${result} epochs=0 ${outcome}")

  odot_trainer_test(${trainer} "rejects an unknown option" ERROR "--modell" ARGUMENTS ${tiny} --modell b)
  odot_trainer_test(${trainer} "rejects an argument that is no option" ERROR "stray" ARGUMENTS ${tiny} stray)
  odot_trainer_test(${trainer} "rejects epochs that are no number" ERROR "--epochs"
    ARGUMENTS --data synthetic --epochs many)
  odot_trainer_test(${trainer} "rejects a batch size of zero" ERROR "--batch-size"
    ARGUMENTS --data synthetic --batch-size 0)
  odot_trainer_test(${trainer} "rejects a batch larger than the set" ERROR "100000000"
    ARGUMENTS --data synthetic --batch-size 100000000)
  odot_number_tests(${trainer})
  odot_trainer_test(${trainer} "rejects a missing data folder" ERROR "${bad}/no_such_folder"
    ARGUMENTS --data ${bad}/no_such_folder)
  odot_trainer_test(${trainer} "rejects an empty data folder" ERROR "${bad}/empty_folder"
    ARGUMENTS --data ${bad}/empty_folder)
  odot_trainer_test(${trainer} "rejects empty data files" ERROR "${bad}/empty_files"
    ARGUMENTS --data ${bad}/empty_files)
  odot_trainer_test(${trainer} "rejects foreign data files" ERROR "${bad}/foreign_files"
    ARGUMENTS --data ${bad}/foreign_files)
endfunction()

# What --device does. result: the result line of a training with these arguments.
function(odot_device_tests trainer result)
  odot_trainer_test(${trainer} "rejects an unknown device" ERROR "--device" ARGUMENTS ${ARGN} --device tpu)
  if(NOT ODOT_GPU)
    odot_trainer_test(${trainer} "says that it was built without a GPU backend" ERROR "ODOT_GPU=cuda"
      ARGUMENTS ${ARGN} --device gpu)
  elseif(NOT ODOT_GPU STREQUAL "cuda")
    odot_trainer_test(${trainer} "trains with the GPU backend's code on the host" ARGUMENTS ${ARGN} --device gpu
      RESULT "${result}")
  endif()
endfunction()

# The trainers of "Element-Wise Attention Layers".
function(odot_trainer_tests trainer model parameters)
  set(result "model=${model} dataset=synthetic parameters=${parameters}")
  set(outcome "loss=${number} accuracy=${number} gradient_average=[0-9.e+-]+ seconds=${number}$")
  odot_common_trainer_tests(${trainer} "${result}" "${outcome}")
  odot_trainer_test(${trainer} "rejects an unknown model" ERROR "--model" ARGUMENTS ${tiny} --model z)
  odot_device_tests(${trainer} "${result} epochs=1 ${outcome}" ${tiny})
  odot_trainer_test(${trainer} "rejects an output folder it can't write" ERROR "${CMAKE_CURRENT_FUNCTION_LIST_FILE}"
    ARGUMENTS ${tiny} --out ${CMAKE_CURRENT_FUNCTION_LIST_FILE}/out)
endfunction()

odot_trainer_tests(fashion_mnist b 33084)
odot_trainer_tests(cifar10 attention 229942)
if(odot_sh AND TARGET fashion_mnist)
  add_test(NAME "fashion_mnist: saves weights and loads them" COMMAND ${odot_sh}
    ${CMAKE_CURRENT_SOURCE_DIR}/check_weights.sh $<TARGET_FILE:fashion_mnist> ${CMAKE_CURRENT_BINARY_DIR}/weights)
  set_tests_properties("fashion_mnist: saves weights and loads them" PROPERTIES LABELS examples TIMEOUT 600)
endif()
if(odot_sh AND TARGET fashion_mnist AND TARGET draw_figures)
  add_test(NAME "draw_figures: draws a small run's figures" COMMAND ${odot_sh}
    ${CMAKE_CURRENT_SOURCE_DIR}/check_figures.sh $<TARGET_FILE:fashion_mnist> $<TARGET_FILE:draw_figures>
    ${CMAKE_CURRENT_BINARY_DIR}/figures)
  set_tests_properties("draw_figures: draws a small run's figures" PROPERTIES LABELS examples TIMEOUT 600)
endif()
odot_trainer_test(fashion_mnist "trains on changed images with a smoothed loss and reports metrics"
  ARGUMENTS ${tiny} --augment shift=2,flip=0.5,rotation=10,crop=0.9,cutout=4,border=edge --label-smoothing 0.1 --patience 3
            --metrics
  RESULT "model=b .* seconds=${number} macro_f1=${number} top5=${number} calibration_error=${number}$")
odot_trainer_test(fashion_mnist "trains on mixed images" ARGUMENTS ${tiny} --augment mixup=0.2
  RESULT "model=b dataset=synthetic parameters=33084 epochs=1 loss=${number} accuracy=${number} ")
odot_trainer_test(fashion_mnist "rejects an unknown change of images" ERROR "--augment: expected shift="
  ARGUMENTS ${tiny} --augment shear=2)
odot_trainer_test(fashion_mnist "rejects a shift as large as the image" ERROR "shift: expected fewer than 28 pixels"
  ARGUMENTS ${tiny} --augment shift=28)
odot_trainer_test(fashion_mnist "trains with the heads' norm scaled" ARGUMENTS ${tiny} --model b-scaled
  RESULT "model=b-scaled dataset=synthetic parameters=33084 epochs=1 loss=${number} accuracy=${number} ")
# Your own pictures. With --epochs 0, nothing is trained.
set(picture ${CMAKE_CURRENT_SOURCE_DIR}/../docs/pictures_explain.png)
set(untrained --data synthetic --epochs 0)
odot_trainer_test(fashion_mnist "classifies pictures and shows where it looks" RESULT "model="
  ARGUMENTS ${untrained} --classify ${picture} ${picture} --invert --explain ${CMAKE_CURRENT_BINARY_DIR}/fashion_mnist.png)
odot_trainer_test(fashion_mnist "says which picture can't be read, and does the others" ERROR "no_such.png: "
  ARGUMENTS ${untrained} --classify ${picture} no_such.png ${picture})
odot_trainer_test(fashion_mnist "rejects --explain without a picture" ERROR "--explain: expected --classify as well"
  ARGUMENTS ${untrained} --explain x.png)
odot_trainer_test(fashion_mnist "rejects --explain of a model without attention" ERROR "--explain: expected a model with"
  ARGUMENTS ${untrained} --model control --classify ${picture} --explain ${CMAKE_CURRENT_BINARY_DIR}/control.png)
odot_trainer_test(fashion_mnist "rejects --explain of a file it can't write" ERROR "/no/such/x.png"
  ARGUMENTS ${untrained} --classify ${picture} --explain ${bad}/no/such/x.png)
if(TARGET cifar10)
  set_property(TEST "cifar10: trains on the synthetic set" APPEND PROPERTY LABELS slow)  # minutes under a sanitizer
endif()

# The stream's own: every image gets the same class as by predict; the outputs differ by rounding at most (the program
# fails otherwise). One thread: a step of one row is too little work for threads that share their cores.
set(streamed "model=causal-ea6 dataset=synthetic parameters=69450")
set(stream_outcome "accuracy=${number} streamed_accuracy=${number} unlike=0 difference=[0-9.e+-]+ state_bytes=23040 tokens=1500 microseconds=${number} seconds=${number}$")
odot_common_trainer_tests(stream "${streamed}" "${stream_outcome}" --tokens 1500 --threads 1)
odot_device_tests(stream "${streamed} epochs=0 ${stream_outcome}" --data synthetic --epochs 0 --tokens 1500 --threads 1)
odot_trainer_test(stream "rejects a stream of no token" ERROR "--tokens" ARGUMENTS ${tiny} --tokens 0)
odot_trainer_test(stream "rejects tokens that are no number" ERROR "--tokens" ARGUMENTS ${tiny} --tokens few)
odot_trainer_test(stream "rejects no sequence" ERROR "--sequences" ARGUMENTS ${tiny} --sequences 0)
odot_trainer_test(stream "rejects a negative number of sequences" ERROR "--sequences" ARGUMENTS ${tiny} --sequences=-3)

# The language model: a small file, so that an epoch is a few steps; one epoch of the built-in text, after which the
# perplexity is below 2 and that of the trigrams 2.86.
set(sentence "the quick brown fox jumps over the lazy dog, and nobody knows why it does\n")
string(REPEAT "${sentence}" 50 sentences)
set(small_text ${CMAKE_CURRENT_BINARY_DIR}/small.txt)
file(WRITE ${small_text} "${sentences}")
file(WRITE ${bad}/short.txt "${sentence}")
set(small --text ${small_text} --epochs 1 --threads 1)
set(learned "text=small.txt parameters=166272 epochs=1 perplexity=${number} trigrams=${number}")
set(streamed_text "streamed=${number} state_bytes=24576 microseconds=${number} seconds=${number}$")
set(below_trigrams "perplexity=1[.][0-9]+ trigrams=2[.]8[0-9]+ streamed=1[.][0-9]+ state_bytes=24576 microseconds=${number}")
set(text_weights ${CMAKE_CURRENT_BINARY_DIR}/text.safetensors)
odot_trainer_test(stream_text "learns the built-in text better than a table of trigrams"
  ARGUMENTS --epochs 1 --threads 1 --save ${text_weights}
  RESULT "attention=ea-6 text=synthetic parameters=166272 epochs=1 ${below_trigrams} seconds=${number}$")
odot_trainer_test(stream_text "goes on writing a prompt with saved weights, the likeliest way"
  ARGUMENTS --epochs 0 --threads 1 --weights ${text_weights} --prompt "this is the " --generate 40 --temperature 0
  RESULT "attention=ea-6 text=synthetic parameters=166272 epochs=0 ${below_trigrams} seconds=${number}$")
odot_trainer_test(stream_text "rejects the weights of another attention" ERROR "expected weights of"
  ARGUMENTS --epochs 0 --threads 1 --weights ${text_weights} --attention self)
if(TARGET stream_text)
  set_tests_properties("stream_text: learns the built-in text better than a table of trigrams"
    PROPERTIES FIXTURES_SETUP text_weights)
  set_tests_properties("stream_text: goes on writing a prompt with saved weights, the likeliest way"
    "stream_text: rejects the weights of another attention" PROPERTIES FIXTURES_REQUIRED text_weights)
endif()
odot_trainer_test(stream_text "learns a small file and writes" ARGUMENTS ${small}
  RESULT "attention=ea-6 ${learned} ${streamed_text}")
odot_trainer_test(stream_text "learns with self-attention" ARGUMENTS ${small} --attention self --generate 0 --quiet
  RESULT "attention=self ${learned} seconds=${number}$")
odot_device_tests(stream_text "attention=ea-6 ${learned} ${streamed_text}" ${small} --generate 20)
odot_number_tests(stream_text --text)
odot_trainer_test(stream_text "rejects an unknown attention" ERROR "--attention: expected ea-6 or self"
  ARGUMENTS ${small} --attention ea-2)
odot_trainer_test(stream_text "rejects to write with self-attention" ERROR "take --attention ea-6"
  ARGUMENTS ${small} --attention self --generate 10)
odot_trainer_test(stream_text "rejects a text that is not there" ERROR "no_such_file.txt"
  ARGUMENTS --text ${bad}/no_such_file.txt)
odot_trainer_test(stream_text "rejects a folder as the text" ERROR "not a regular file" ARGUMENTS --text ${bad})
odot_trainer_test(stream_text "rejects a text shorter than its windows" ERROR "expected a text of at least 2570 bytes"
  ARGUMENTS --text ${bad}/short.txt)
odot_trainer_test(stream_text "rejects an empty text" ERROR "bytes, found 0 in "
  ARGUMENTS --text ${bad}/empty_files/ett/ETTh2.csv)
odot_trainer_test(stream_text "rejects a batch larger than the text" ERROR "--batch-size: expected 1 to 13"
  ARGUMENTS ${small} --batch-size 100000000)
odot_trainer_test(stream_text "rejects a negative temperature" ERROR "--temperature" ARGUMENTS ${small} --temperature=-1)
odot_trainer_test(stream_text "rejects a negative number of tokens" ERROR "--generate" ARGUMENTS ${small} --generate=-1)
odot_trainer_test(stream_text "rejects an argument that is no option" ERROR "stray" ARGUMENTS ${small} stray)

# The transformers: one of them, the grid, and what is particular to their command line.
set(loss "[0-9.]+")
set(minimal minimal_transformer)
set(tiny_transformer --data synthetic --samples 256 --batch-size 64 --epochs 1)
set(transformer_outcome "training_loss=${loss} validation_loss=${loss} best_validation_loss=${loss} training_accuracy=${number} accuracy=${number} seconds=${number}$")
odot_trainer_test(${minimal} "classifies a picture and shows where it looks" RESULT "variant="
  ARGUMENTS ${tiny_transformer} --classify ${picture} --explain ${CMAKE_CURRENT_BINARY_DIR}/transformer.png)
odot_trainer_test(${minimal} "trains the full model on the synthetic set" ARGUMENTS ${tiny_transformer}
  RESULT "variant=full mlp=1 encoders=6 heads=1 dataset=synthetic parameters=303498 q=0.01 epochs=1 ${transformer_outcome}")
odot_device_tests(${minimal}
  "variant=symmetric-tt mlp=0 encoders=6 heads=1 dataset=synthetic parameters=67530 q=0.04 epochs=1 ${transformer_outcome}"
  ${tiny_transformer} --variant symmetric-tt)
odot_trainer_test(${minimal} "trains the minimum on colour images, and quietly"
  ARGUMENTS ${tiny_transformer} --dataset cifar10 --encoders 12 --variant wqk-no-wv-wo --quiet
  RESULT "variant=wqk-no-wv-wo mlp=0 encoders=12 heads=1 dataset=synthetic parameters=[0-9]+ q=${number} epochs=1 ${transformer_outcome}")
odot_trainer_test(${minimal} "puts the MLP back"
  ARGUMENTS --data synthetic --samples 256 --epochs 0 --batch-size 64 --heads 4 --variant symmetric --mlp
  RESULT "variant=symmetric mlp=1 encoders=6 heads=4 dataset=synthetic parameters=[0-9]+ q=${number} epochs=0 ${transformer_outcome}")
odot_trainer_test(${minimal} "goes through the grid"
  ARGUMENTS --grid --data synthetic --samples 32 --batch-size 32 --epochs 0 --quiet --out ${CMAKE_CURRENT_BINARY_DIR}/grid
  RESULT "grid dataset=synthetic models=28 of 28$")
odot_trainer_test(${minimal} "continues the grid from its file"
  ARGUMENTS --grid --data synthetic --samples 32 --batch-size 32 --epochs 0 --quiet --out ${CMAKE_CURRENT_BINARY_DIR}/grid
  RESULT "grid dataset=synthetic models=28 of 28$")
odot_trainer_test(${minimal} "refuses the file of another grid" ERROR "is of another grid"
  ARGUMENTS --grid --data synthetic --samples 64 --batch-size 32 --epochs 0 --out ${CMAKE_CURRENT_BINARY_DIR}/grid)
if(TARGET ${minimal})
  set_tests_properties("${minimal}: goes through the grid" PROPERTIES FIXTURES_SETUP grid)
  set_tests_properties("${minimal}: continues the grid from its file" "${minimal}: refuses the file of another grid"
    PROPERTIES FIXTURES_REQUIRED grid)
endif()
odot_trainer_test(${minimal} "rejects an unknown variant" ERROR "--variant" ARGUMENTS ${tiny_transformer} --variant half)
odot_trainer_test(${minimal} "rejects a variant that has one head with four" ERROR "--heads"
  ARGUMENTS ${tiny_transformer} --variant wqk --heads 4)
odot_trainer_test(${minimal} "rejects a number of encoders that there isn't" ERROR "--encoders"
  ARGUMENTS ${tiny_transformer} --encoders 7)
odot_trainer_test(${minimal} "rejects an MLP for the variant without" ERROR "--mlp"
  ARGUMENTS ${tiny_transformer} --variant no-mlp --mlp)
odot_trainer_test(${minimal} "rejects a grid of weights" ERROR "--grid: expected none of"
  ARGUMENTS --grid ${tiny_transformer} --save ${CMAKE_CURRENT_BINARY_DIR}/grid.safetensors)
odot_trainer_test(${minimal} "rejects a grid of ONNX files" ERROR "--grid: expected none of"
  ARGUMENTS --grid ${tiny_transformer} --onnx ${CMAKE_CURRENT_BINARY_DIR}/grid.onnx)
odot_number_tests(${minimal})
odot_trainer_test(${minimal} "rejects a folder for the grid that it can't write" ERROR "expected a folder, found a file"
  ARGUMENTS --grid --data synthetic --samples 32 --batch-size 32 --epochs 0 --out ${CMAKE_CURRENT_LIST_FILE})
odot_trainer_test(${minimal} "rejects an unknown data set" ERROR "--dataset" ARGUMENTS --dataset imagenet)
odot_trainer_test(${minimal} "rejects more samples than there are" ERROR "--samples: expected 0 (all) to 12000"
  ARGUMENTS --data synthetic --samples 100000000)
odot_trainer_test(${minimal} "rejects a batch size of zero" ERROR "--batch-size" ARGUMENTS --data synthetic --batch-size 0)
odot_trainer_test(${minimal} "rejects a missing data folder" ERROR "${bad}/no_such_folder"
  ARGUMENTS --data ${bad}/no_such_folder)

set(tiny --data synthetic --epochs 1 --threads 1 --quiet)
set(vowels "dataset=synthetic parameters=103241")
set(six_hours "dataset=synthetic parameters=103594")
set(classified "accuracy=${number} loss=${number} seconds=${number}$")
string(CONCAT forecast "mae=${number} rmse=${number} mae_original=${number} rmse_original=${number} mae_ot=${number} "
  "rmse_ot=${number} best_epoch=${number} seconds=${number}$")

# The tasks with every attention; then what all tasks share.
foreach(attention ea-2 ea-6 ea-full self)
  odot_trainer_test(time_series "classifies synthetic sequences with ${attention}"
    ARGUMENTS ${tiny} --task japanese-vowels --attention ${attention}
    RESULT "task=japanese-vowels attention=${attention} ${vowels} epochs=1 seeds=1 judged_by=test ${classified}")
  odot_trainer_test(time_series "forecasts 6 steps of a synthetic series with ${attention}"
    ARGUMENTS ${tiny} --task etth2-6 --attention ${attention}
    RESULT "task=etth2-6 attention=${attention} ${six_hours} epochs=1 seeds=1 judged_by=test ${forecast}")
endforeach()
odot_trainer_test(time_series "forecasts 12 steps of a synthetic series" ARGUMENTS ${tiny} --task etth2-12
  RESULT "task=etth2-12 attention=ea-6 dataset=synthetic parameters=106324 epochs=1 seeds=1 judged_by=test ${forecast}")
odot_device_tests(time_series "task=etth2-6 attention=self ${six_hours} epochs=1 seeds=1 judged_by=test ${forecast}"
  ${tiny} --task etth2-6 --attention self)
odot_trainer_test(time_series "forecasts levels" ARGUMENTS ${tiny} --task etth2-6 --levels
  RESULT "task=etth2-6 attention=ea-6 ${six_hours} epochs=1 seeds=1 judged_by=test ${forecast}")
odot_trainer_test(time_series "runs several seeds and prints their median"
  ARGUMENTS --data synthetic --epochs 1 --threads 1 --seeds 3
  RESULT "task=japanese-vowels attention=ea-6 ${vowels} epochs=1 seeds=3 judged_by=test ${classified}")
odot_trainer_test(time_series "selects by validation sequences" ARGUMENTS ${tiny} --select
  RESULT "task=japanese-vowels attention=ea-6 ${vowels} epochs=1 seeds=1 judged_by=validation ${classified}")
odot_trainer_test(time_series "selects by the validation part of a series" ARGUMENTS ${tiny} --select --task etth2-6
  RESULT "task=etth2-6 attention=ea-6 ${six_hours} epochs=1 seeds=1 judged_by=validation ${forecast}")
odot_trainer_test(time_series "judges the untrained network"
  ARGUMENTS --data synthetic --epochs 0 --quiet --task etth2-6
  RESULT "task=etth2-6 attention=ea-6 ${six_hours} epochs=0 seeds=1 judged_by=test ${forecast}")
odot_trainer_test(time_series "writes logs of every seed"
  ARGUMENTS ${tiny} --seeds 2 --task etth2-6 --out ${CMAKE_CURRENT_BINARY_DIR}/time_series_logs --summary
            --tensorboard ${CMAKE_CURRENT_BINARY_DIR}/time_series_events
  RESULT "task=etth2-6 attention=ea-6 ${six_hours} epochs=1 seeds=2 judged_by=test ${forecast}")

odot_trainer_test(time_series "rejects an unknown task" ERROR "--task" ARGUMENTS ${tiny} --task mnist)
odot_trainer_test(time_series "rejects an unknown attention" ERROR "--attention" ARGUMENTS ${tiny} --attention ea-3)
odot_trainer_test(time_series "rejects an unknown option" ERROR "--tusk" ARGUMENTS ${tiny} --tusk etth2-6)
odot_trainer_test(time_series "rejects a batch size of zero" ERROR "--batch-size" ARGUMENTS ${tiny} --batch-size 0)
odot_trainer_test(time_series "rejects a batch larger than the set" ERROR "100000000"
  ARGUMENTS ${tiny} --batch-size 100000000)
odot_number_tests(time_series)
odot_trainer_test(time_series "rejects a negative weight decay" ERROR "--weight-decay"
  ARGUMENTS ${tiny} --weight-decay=-1)
odot_trainer_test(time_series "rejects levels of what is no forecast" ERROR "--levels" ARGUMENTS ${tiny} --levels)
odot_trainer_test(time_series "rejects seed 0" ERROR "--seed" ARGUMENTS ${tiny} --seed 0)
odot_trainer_test(time_series "rejects one file for the weights of several seeds" ERROR "--save: expected one seed"
  ARGUMENTS ${tiny} --seeds 2 --save ${CMAKE_CURRENT_BINARY_DIR}/seeds.safetensors)
odot_trainer_test(time_series "rejects one ONNX file for the networks of several seeds" ERROR "--onnx: expected one seed"
  ARGUMENTS ${tiny} --seeds 2 --onnx ${CMAKE_CURRENT_BINARY_DIR}/seeds.onnx)
odot_trainer_test(time_series "rejects no seeds" ERROR "--seeds" ARGUMENTS ${tiny} --seeds 0)
foreach(task japanese-vowels etth2-6 etth2-12)
  odot_trainer_test(time_series "rejects a missing data folder for ${task}" ERROR "${bad}/no_such_folder"
    ARGUMENTS --task ${task} --data ${bad}/no_such_folder)
  odot_trainer_test(time_series "rejects empty data files for ${task}" ERROR "${bad}/empty_files"
    ARGUMENTS --task ${task} --data ${bad}/empty_files)
  odot_trainer_test(time_series "rejects foreign data files for ${task}" ERROR "${bad}/foreign_files"
    ARGUMENTS --task ${task} --data ${bad}/foreign_files)
endforeach()
odot_trainer_test(time_series "rejects an output folder it can't write" ERROR "${CMAKE_CURRENT_LIST_FILE}"
  ARGUMENTS ${tiny} --out ${CMAKE_CURRENT_LIST_FILE}/out)
odot_trainer_test(time_series "rejects a folder for TensorBoard that it can't write" ERROR "${CMAKE_CURRENT_LIST_FILE}"
  ARGUMENTS ${tiny} --tensorboard ${CMAKE_CURRENT_LIST_FILE}/events)

# What is in the way of a file to be written is found before the training.
file(MAKE_DIRECTORY ${bad}/in_the_way/seed-2/curves.svg)
odot_trainer_test(time_series "finds what is in the way of the last seed's logs before the first seed"
  ERROR "seed-2/curves.svg: expected a file or nothing"
  ARGUMENTS --data synthetic --epochs 1000000 --seeds 2 --out ${bad}/in_the_way)

foreach(trainer fashion_mnist cifar10 stream stream_text minimal_transformer time_series)
  odot_output_test(${trainer} --help)
endforeach()
odot_output_test(time_series --data synthetic --epochs 0 --threads 1 --quiet)
foreach(example 01_tensor 02_linear_classifier 03_custom_layer 04_model_b 06_custom_loss)
  odot_output_test(${example} --help)
endforeach()
odot_output_test(01_tensor)
odot_output_test(06_custom_loss)

# Signals, and two runs that would write to one folder: check_runs.sh.
if(odot_sh AND TARGET time_series)
  add_test(NAME "time_series: takes signals as wishes and keeps a folder to itself"
    COMMAND ${odot_sh} ${CMAKE_CURRENT_LIST_DIR}/check_runs.sh $<TARGET_FILE:time_series>
            ${CMAKE_CURRENT_BINARY_DIR}/two_runs)
  set_tests_properties("time_series: takes signals as wishes and keeps a folder to itself"
    PROPERTIES LABELS examples TIMEOUT 600)
endif()

# A page with pictures: check_page.sh.
if(odot_sh AND TARGET fashion_mnist)
  add_test(NAME "fashion_mnist: leaves a page with its worst mistakes" COMMAND ${odot_sh}
    ${CMAKE_CURRENT_LIST_DIR}/check_page.sh $<TARGET_FILE:fashion_mnist> ${CMAKE_CURRENT_BINARY_DIR}/page)
  set_tests_properties("fashion_mnist: leaves a page with its worst mistakes" PROPERTIES LABELS examples TIMEOUT 600)
endif()

# Runs that are killed, asked to end, cut short of space: check_resume.sh.
if(odot_sh AND TARGET time_series)
  add_test(NAME "time_series: continues after a kill, from a good checkpoint" COMMAND ${odot_sh}
    ${CMAKE_CURRENT_LIST_DIR}/check_resume.sh $<TARGET_FILE:time_series> ${CMAKE_CURRENT_BINARY_DIR}/resumed_runs)
  set_tests_properties("time_series: continues after a kill, from a good checkpoint"
    PROPERTIES LABELS examples TIMEOUT 600)
endif()

# What TensorBoard reads of a run that is killed and resumed, where there is the package: tensorboard/check.sh.
find_program(odot_python NAMES python3 python)
if(odot_sh AND odot_python AND TARGET fashion_mnist)
  add_test(NAME "fashion_mnist: TensorBoard reads a killed and resumed run"
    COMMAND ${odot_sh} ${CMAKE_CURRENT_LIST_DIR}/tensorboard/check.sh $<TARGET_FILE:fashion_mnist>
            ${CMAKE_CURRENT_BINARY_DIR}/tensorboard ${odot_python})
  set_tests_properties("fashion_mnist: TensorBoard reads a killed and resumed run"
    PROPERTIES LABELS examples TIMEOUT 600 SKIP_RETURN_CODE 77)
endif()
