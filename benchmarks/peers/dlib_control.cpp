// SPDX-License-Identifier: MIT
// Training steps (gradients and Adam) of the control model for Fashion-MNIST in dlib, at the pace of a driver:
// pace.hpp.
//
// usage: dlib_control BATCH        threads: those of the BLAS that dlib is linked with ($OPENBLAS_NUM_THREADS)

#include <dlfcn.h>
#include <dlib/dnn.h>
#include <dlib/revision.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "pace.hpp"

namespace {

template <long Channels, class Below>
using conv3x3 = dlib::relu<dlib::con<Channels, 3, 3, 1, 1, Below>>;
template <long Channels, class Below>
using halve = dlib::relu<dlib::con<Channels, 2, 2, 2, 2, Below>>;
template <long Channels, class Below>
using stage = halve<Channels, conv3x3<Channels, conv3x3<Channels, Below>>>;
using Control =
    dlib::loss_multiclass_log<dlib::fc<10, stage<200, stage<100, dlib::input<dlib::matrix<unsigned char>>>>>>;

// Positions from the output: loss 0, fc 1, then relu and con by turns.
Control control() {
  Control net;
  dlib::layer<3>(net).layer_details().disable_bias();
  dlib::layer<9>(net).layer_details().disable_bias();
  return net;
}

/// The library that the matrix products come from.
std::string blas() {
#ifdef DLIB_USE_BLAS
  Dl_info info;
  void* const product = dlsym(RTLD_DEFAULT, "cblas_sgemm");
  if (product && dladdr(product, &info) && info.dli_fname) {
    char* const path = realpath(info.dli_fname, nullptr);
    const std::string found = path ? path : info.dli_fname;
    std::free(path);
    return "BLAS " + found;
  }
#endif
  return "no BLAS";
}

}  // namespace

int main(int argc, char** argv) {
  const long long batch = argc == 2 ? std::atoll(argv[1]) : 0;
  if (batch < 1) {
    std::fprintf(stderr, "usage: dlib_control BATCH\n");
    return 2;
  }
  std::mt19937 random(1);
  std::vector<dlib::matrix<unsigned char>> images(static_cast<std::size_t>(batch));
  std::vector<unsigned long> labels(images.size());
  for (auto& image : images) {
    image.set_size(28, 28);
    for (auto& pixel : image) pixel = static_cast<unsigned char>(random() % 256);
  }
  for (auto& label : labels) label = random() % 10;

  Control net = control();
  dlib::resizable_tensor x;
  net.to_tensor(images.begin(), images.end(), x);
  net.forward(x);  // allocates the parameters
  std::vector<dlib::adam> solvers(Control::num_computational_layers, dlib::adam(0, 0.9f, 0.999f));
  double loss = 0;
  const auto step = [&] {
    loss = net.compute_parameter_gradients(x, labels.begin());
    net.update_parameters(solvers, 1e-3);
  };
  return odot::benchmarks::serve(
      dlib::count_parameters(net),
      "dlib " + std::to_string(DLIB_MAJOR_VERSION) + "." + std::to_string(DLIB_MINOR_VERSION) + ", " + blas(), step,
      [&] { return loss; });
}
