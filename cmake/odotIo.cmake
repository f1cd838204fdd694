# odot::io: odot::odot with what files need besides: nlohmann/json for weights and checkpoints; where they are found,
# protozero for TensorBoard and ONNX, and stb for pictures. Included by odot's build and by the installed package. Sets
# odot_io_reason where there is no nlohmann/json. Where protozero or stb is missing, only the headers that need it refuse
# to be compiled.

set(odot_io_reason "")
if(NOT TARGET nlohmann_json::nlohmann_json)
  find_package(nlohmann_json 3.9 CONFIG QUIET GLOBAL)
endif()
# Folders that hold headers, where there is no package. stb has none; Debian's lies in a folder stb.
find_path(ODOT_PROTOZERO_INCLUDE_DIR protozero/pbf_writer.hpp)
find_path(ODOT_STB_INCLUDE_DIR NAMES stb/stb_image.h stb_image.h)
mark_as_advanced(ODOT_PROTOZERO_INCLUDE_DIR ODOT_STB_INCLUDE_DIR)
if(NOT TARGET nlohmann_json::nlohmann_json)
  find_path(ODOT_JSON_INCLUDE_DIR nlohmann/json.hpp)
  mark_as_advanced(ODOT_JSON_INCLUDE_DIR)
  if(NOT ODOT_JSON_INCLUDE_DIR)
    set(odot_io_reason "odot::io needs nlohmann/json 3.9 or later (Debian, Ubuntu: nlohmann-json3-dev). Set \
nlohmann_json_DIR to the folder of its package, or ODOT_JSON_INCLUDE_DIR to the one that holds nlohmann/json.hpp.")
    return()
  endif()
endif()
if(NOT TARGET odot::io)
  add_library(odot::io INTERFACE IMPORTED GLOBAL)
  target_link_libraries(odot::io INTERFACE odot::odot)
  if(TARGET nlohmann_json::nlohmann_json)
    target_link_libraries(odot::io INTERFACE nlohmann_json::nlohmann_json)
  else()
    target_include_directories(odot::io SYSTEM INTERFACE ${ODOT_JSON_INCLUDE_DIR})
  endif()
endif()
foreach(variable IN ITEMS ODOT_PROTOZERO_INCLUDE_DIR ODOT_STB_INCLUDE_DIR)
  if(${variable})
    target_include_directories(odot::io SYSTEM INTERFACE ${${variable}})
  endif()
endforeach()
