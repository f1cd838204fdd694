# odot::io: odot::odot with what files of weights need besides, nlohmann/json. Included by odot's build and by the installed
# package. Sets odot_io_reason where there is none.

set(odot_io_reason "")
if(NOT TARGET nlohmann_json::nlohmann_json)
  find_package(nlohmann_json 3.9 CONFIG QUIET GLOBAL)
endif()
if(NOT TARGET nlohmann_json::nlohmann_json)
  find_path(ODOT_JSON_INCLUDE_DIR nlohmann/json.hpp)  # where there is no package, only the header
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
