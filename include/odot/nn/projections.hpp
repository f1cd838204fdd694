#pragma once
// SPDX-License-Identifier: MIT
// The linear maps around an attention, which SelfAttention and ElementWiseAttention share: their parameters, where
// their results lie, and both passes through them.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/kernels/add.hpp"
#include "odot/kernels/linear/contract.hpp"
#include "odot/kernels/triangle.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn::detail {

/// Which projections there are: queries always; keys and values where they are not the queries or the tokens themselves.
struct ProjectionForm {
  bool keys = true;
  bool values = true;
  bool output = true;     ///< of the attention's result
  bool bias = true;       ///< of all of them
  bool joint = false;     ///< the keys use the queries' matrix too: "qk" instead of "q"
  bool triangle = false;  ///< that matrix is lower triangular
};

/// [q k v] = x Wᵀ + b before an attention, y = m W_Oᵀ + b after it.
/// Shapes  tokens x, m, y [T, D]; projected [T, width]: each token's query, key and value side by side
/// Params  q.weight (or qk.weight, qk.triangle), k.weight, v.weight, their biases, out.weight, out.bias. Weights lie one
///         after the other, and so do biases: one product for all three
/// Grad    dx, dm overwritten; the parameters' gradients added
template <ShapeType In, ProjectionForm Form>
struct Projections {
  static constexpr std::size_t L = tokens<In>, D = features<In>();
  static constexpr std::size_t count = 1 + Form.keys + Form.values, width = count * D;

 private:
  using Square = Shape<D, D>;
  static constexpr auto first = [] {
    if constexpr (Form.joint) return FixedString("qk");
    else return FixedString("q");
  }();
  using first_weight =
      std::conditional_t<Form.triangle,
                         Parameter<first + FixedString(".triangle"), Shape<D*(D + 1) / 2>, Init::drawn, D>,
                         Parameter<first + FixedString(".weight"), Square>>;

  using weights = Parameters<first_weight, OptionalParameter<Form.keys, "k.weight", Square>,
                             OptionalParameter<Form.values, "v.weight", Square>>;
  using biases = Parameters<OptionalParameter<Form.bias, first + FixedString(".bias"), Shape<D>, Init::zero>,
                            OptionalParameter<Form.bias && Form.keys, "k.bias", Shape<D>, Init::zero>,
                            OptionalParameter<Form.bias && Form.values, "v.bias", Shape<D>, Init::zero>>;
  using output = Parameters<OptionalParameter<Form.output, "out.weight", Square>,
                            OptionalParameter<Form.output && Form.bias, "out.bias", Shape<D>, Init::zero>>;

  static constexpr Name<first + FixedString(".weight")> weight{};
  static constexpr Name<first + FixedString(".triangle")> triangle{};
  static constexpr Name<first + FixedString(".bias")> bias{};
  static constexpr Name<"v.weight"> value_weight{};
  static constexpr Name<"out.weight"> output_weight{};
  static constexpr Name<"out.bias"> output_bias{};

  template <class P, std::size_t Features>
  using Tokens = BatchView<Shape<Features>, const typename P::scalar, typename P::device>;
  template <class P, std::size_t Features>
  using Result = BatchView<Shape<Features>, typename P::scalar, typename P::device>;
  template <class P>
  using Linear = kernels::Linear<typename P::device>;

 public:
  using parameters = decltype(weights{} + biases{} + output{});

  static constexpr std::uint64_t flop() {
    return 2 * L * ((Form.triangle ? D * (D + 1) / 2 : D * D) + (count - 1 + Form.output) * D * D);
  }

  /// Where the parts of what forward leaves for backward begin, in elements, in one piece of memory: the projections,
  /// the attention's result if there is an output projection, and what the attention keeps.
  static constexpr std::size_t result_at(std::size_t n) { return aligned(n * L * width); }
  static constexpr std::size_t attention_at(std::size_t n) {
    return result_at(n) + (Form.output ? aligned(n * L * D) : 0);
  }
  /// Gradients of the projections and of the attention's result.
  static constexpr std::size_t gradient_elements(std::size_t n) { return n * L * (width + (Form.output ? D : 0)); }

  /// [q k v] = x Wᵀ + b
  template <class P>
  static void forward(const P& pass, Tokens<P, D> x, Result<P, width> projected) {
    auto frame = pass.workspace().frame();
    const TensorView<Shape<width>, const typename P::scalar, typename P::device> b(
        pass.parameter_or_empty(bias).data());
    Linear<P>::forward(pass.workspace(), x, joined_weight(pass, frame), b, projected);
  }
  template <class P>
  static void backward(const P& pass, Tokens<P, D> x, Tokens<P, width> dprojected, Result<P, D> dx) {
    using S = typename P::scalar;
    using Device = typename P::device;
    auto frame = pass.workspace().frame();
    const TensorView<Shape<width>, S, Device> dbias(pass.gradient_or_empty(bias).data());
    const auto backward_into = [&](S* dweight) {
      Linear<P>::backward(pass.workspace(), x, joined_weight(pass, frame), dprojected,
                          TensorView<Shape<width, D>, S, Device>(dweight), dbias, dx);
    };
    if constexpr (Form.triangle) {
      S* dense = frame.template take<S>(width * D);
      Device::zero(dense, width * D * sizeof(S));
      backward_into(dense);
      kernels::Triangle<Device>::backward(pass.workspace(), TensorView<Square, const S, Device>(dense),
                                          pass.gradient(triangle));
      if constexpr (Form.values) {
        const auto sum = flat<P>(pass.gradient(value_weight).data());
        kernels::Add<Device>::forward(pass.workspace(), Matrix<P>(sum), Matrix<P>(flat<P>(dense + Square::size)), sum);
      }
    } else {
      backward_into(pass.gradient(weight).data());
    }
  }

  /// y = m W_Oᵀ + b
  template <class P>
  static void forward_output(const P& pass, Tokens<P, D> m, Result<P, D> y) {
    Linear<P>::forward(pass.workspace(), m, pass.parameter(output_weight), pass.parameter_or_empty(output_bias), y);
  }
  template <class P>
  static void backward_output(const P& pass, Tokens<P, D> m, Tokens<P, D> dy, Result<P, D> dm) {
    Linear<P>::backward(pass.workspace(), m, pass.parameter(output_weight), dy, pass.gradient(output_weight),
                        pass.gradient_or_empty(output_bias), dm);
  }

 private:
  /// The weights of all projections as one [width, D]; a triangle's in memory of the frame.
  template <class P>
  static auto joined_weight(const P& pass, auto& frame) {
    using S = typename P::scalar;
    using Device = typename P::device;
    using View = TensorView<Shape<width, D>, const S, Device>;
    if constexpr (Form.triangle) {
      S* dense = frame.template take<S>(width * D);
      kernels::Triangle<Device>::unpack(pass.workspace(), pass.parameter(triangle),
                                        TensorView<Square, S, Device>(dense));
      if constexpr (Form.values)
        kernels::Add<Device>::copy(pass.workspace(), Matrix<P>(pass.parameter(value_weight).data(), 1),
                                   flat<P>(dense + Square::size));
      return View(dense);
    } else {
      return View(pass.parameter(weight).data());
    }
  }

  /// A matrix's elements as a batch of one, for sums and copies.
  template <class P>
  using Matrix = BatchView<Shape<D * D>, const typename P::scalar, typename P::device>;
  template <class P>
  static auto flat(typename P::scalar* data) {
    return BatchView<Shape<D * D>, typename P::scalar, typename P::device>(data, 1);
  }
};

}  // namespace odot::nn::detail
