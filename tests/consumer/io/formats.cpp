// SPDX-License-Identifier: MIT
// The libraries of odot::io are on the include path.
#include <string>

#include <odot/io/protozero.hpp>
#include <odot/io/stb.hpp>

std::string record() {
  std::string bytes;
  protozero::pbf_writer{bytes}.add_string(1, "odot");
  return bytes;
}
