// SPDX-License-Identifier: MIT
// The right counterpart of the files whose names begin with expression and view.
#include <odot/odot.hpp>

#include <cstdint>

using namespace odot;

float read(TensorView<Shape<4>, const float> view) { return view[0]; }

int main() {
  const Batch<Shape<8, 4, 6>> images(2);
  const Tensor<Shape<8, 1, 1>> channel;
  const Tensor<Shape<3, 4>> x;
  const Tensor<Shape<3, 1>> column;
  const Tensor<Shape<4>> row;
  const Tensor<Shape<4>, double> exact;
  Batch<Shape<8, 4, 6>> scaled = images * channel;
  Tensor<Shape<3, 4>> y = 2 * exp(x - max<1>(x)) / (1 + square(x) * column);
  y += select(x > 0, x, row);
  y = row;
  y = cast<float>(exact);
  y = as<Shape<3, 4>>(transpose(as<Shape<4, 3>>(x * 2)));
  transpose(y) += as<Shape<4, 3>>(x);
  Tensor<Shape<8, 4, 6>> gradient;
  assign(scaled.view(), images * 2, added_to(gradient), batch_sum(images));
  gradient = batch_mean(images);
  const Tensor<Shape<3, 3>> products = matmul(x, transpose(x));
  const Batch<Shape<6, 4, 8>> turned = permute<2, 1, 0>(images);
  const Batch<Shape<8, 4, 7>> joined = concat<2>(images, slice<2, 5, 6>(images));
  const Tensor<Shape<3, 1>, std::int32_t> places = argmax<1>(x);
  eigen(y) = eigen(x) * 2;
  const auto sums = sum<0, 2>(turned);
  const TensorView<Shape<4>, const float> view = row;
  return read(Tensor<Shape<4>>()) + read(view) > 1 || products.size() != 9 || joined.samples() != 2 ||
         places.size() != 3 || sums.samples() != 2;
}
