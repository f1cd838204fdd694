# What odot::io needs, downloaded where it is not installed: for odot's own programs, and for ODOT_IO.

if(NOT TARGET odot::io)
  odot_find_headers(nlohmann_json 3.9 TARGET nlohmann_json::nlohmann_json INCLUDE include
    URL https://github.com/nlohmann/json/releases/download/v3.11.3/json.tar.xz
    SHA256 d6c65aca6b1ed68e7a182f4757257b107ae403032760ed6ef121c9d55e81757d)
endif()
odot_find_header_folder(ODOT_PROTOZERO_INCLUDE_DIR protozero INCLUDE include
  URL https://github.com/mapbox/protozero/archive/refs/tags/v1.7.1.tar.gz
  SHA256 27e0017d5b3ba06d646a3ec6391d5ccc8500db821be480aefd2e4ddc3de5ff99)
# stb_image 2.28, stb_image_write 1.16, stb_image_resize 0.97.
odot_find_header_folder(ODOT_STB_INCLUDE_DIR stb INCLUDE .
  URL https://github.com/nothings/stb/archive/5736b15f7ea0ffb08dd38af21067c314d6a3aae9.tar.gz
  SHA256 d00921d49b06af62aa6bfb97c1b136bec661dd11dd4eecbcb0da1f6da7cedb4c)
