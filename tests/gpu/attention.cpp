// SPDX-License-Identifier: MIT
// Attention over tokens on the Gpu against the Cpu: every form of both kinds, causal and masked, and its memory.

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "odot/gpu.hpp"
#include "odot/odot.hpp"
#include "support/difference.hpp"
#include "support/gpu_layer.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;
using nn::AttentionForm;

namespace {

/// Valid tokens, among them none, all, and numbers that no sequence has.
const std::vector<std::int32_t> some{3, 5, 0, 1, 99, -2, 70};

using Few = Shape<5, 6>;
using Many = Shape<71, 4>;  // more than one block of queries, of keys, of a causal series

using DotOptions = nn::SelfAttentionOptions;
using ElementOptions = nn::ElementWiseAttentionOptions;

template <ShapeType In, DotOptions Options>
struct Dot : Bound<nn::SelfAttention<Options>, In> {};
template <ShapeType In, ElementOptions Options>
struct ElementWise : Bound<nn::ElementWiseAttention<Options>, In> {};
template <ShapeType In, ElementOptions Options>
struct Unprojected : Bound<nn::UnprojectedElementWiseAttention<nn::UnprojectedElementWiseAttentionOptions{
                               .order = Options.order, .causal = Options.causal}>,
                           In> {};

struct TwoHeads : Dot<Few, DotOptions{.heads = 2, .bias = true}> {};
struct CausalHeads : Dot<Few, DotOptions{.heads = 3, .causal = true}> {};
struct Wqk : Dot<Few, DotOptions{.form = AttentionForm::wqk}> {};
struct WqkOnly : Dot<Few, DotOptions{.causal = true, .form = AttentionForm::wqk_only}> {};
struct Symmetric : Dot<Few, DotOptions{.heads = 2, .form = AttentionForm::symmetric, .bias = true}> {};
struct Triangle : Dot<Few, DotOptions{.form = AttentionForm::symmetric_tt}> {};
struct TriangleOnly : Dot<Few, DotOptions{.form = AttentionForm::symmetric_tt_only}> {};
struct ManyTokens : Dot<Many, DotOptions{.heads = 2}> {};
struct ManyCausal : Dot<Many, DotOptions{.causal = true}> {};
struct ManySymmetric : Dot<Many, DotOptions{.heads = 2, .causal = true, .form = AttentionForm::symmetric}> {};

struct Full : ElementWise<Few, ElementOptions{.order = nn::full_order}> {};
struct CausalFull : ElementWise<Few, ElementOptions{.order = nn::full_order, .causal = true}> {};
struct Series : ElementWise<Few, ElementOptions{.order = 6}> {};
struct WithoutOutput : ElementWise<Few, ElementOptions{.order = 4, .bias = false, .output = false}> {};
struct CausalSeries : ElementWise<Few, ElementOptions{.order = 2, .causal = true}> {};
struct ManySeries : ElementWise<Many, ElementOptions{.order = 2}> {};
struct ManyCausalSeries : ElementWise<Many, ElementOptions{.order = 6, .causal = true}> {};

using Mixed = Shape<67, 9>;
struct FullAlone : Unprojected<Mixed, ElementOptions{.order = nn::full_order}> {};
struct CausalFullAlone : Unprojected<Mixed, ElementOptions{.order = nn::full_order, .causal = true}> {};
struct SeriesAlone : Unprojected<Mixed, ElementOptions{.order = 8}> {};
struct CausalAlone : Unprojected<Mixed, ElementOptions{.order = 4, .causal = true}> {};
struct TwoBlocks : Unprojected<Shape<61, 3>, ElementOptions{.order = 4, .causal = true}> {};
struct LongSeries : Unprojected<Shape<203, 3>, ElementOptions{.order = 4}> {};
/// More stretches than a scan reads at once.
struct LongCausal : Unprojected<Shape<331, 3>, ElementOptions{.order = 4, .causal = true}> {};

/// Few samples and some, all tokens valid and not.
template <nn::BoundLayer Layer>
void check_attention() {
  for (const std::size_t samples : {1u, 7u}) {
    check_layer_on_gpu<Layer>(samples);
    check_layer_on_gpu<Layer>(samples, true, some);
  }
}

/// Which gradients of a dot-product attention lie in one array.
enum class Shared { none, keys_and_values, all };

/// Dot-product attention on a device. Queries, keys and values are columns of one array with `gap` columns more, which
/// tells whether rows begin where four numbers may be loaded at once.
template <DeviceType Device, class S>
struct DotProductRun {
  using Kernel = kernels::DotProductAttention<Device>;
  using Array = kernels::TokenArray<S>;
  using ConstArray = kernels::TokenArray<const S>;

  DotProductRun(const kernels::DotProductGeometry& geometry, std::size_t n, std::size_t gap, Shared sharing)
      : g(geometry), samples(n), queries(g.heads * g.width), values(g.heads * g.value_width),
        stride(2 * queries + values + gap), shared(sharing), in(filled(stride, 0)), gradients(filled(stride, 1)),
        y(filled(values + gap, 2)), dy(filled(values + gap, 3)), statistics(2 * n * g.heads * g.tokens) {}

  /// y, statistics, gradients.
  std::vector<std::vector<S>> run(const std::int32_t* lengths) {
    const auto q = column<const S>(in, 0), k = column<const S>(in, queries), v = column<const S>(in, 2 * queries);
    const Array out{y.data(), stride - 2 * queries};
    const ConstArray result = out, dout{dy.data(), out.stride};
    const std::size_t dk = shared == Shared::all ? 0 : queries, dv = shared == Shared::none ? 2 * queries : dk;
    Kernel::template forward<S>(workspace, g, samples, q, k, v, lengths, out, statistics.data());
    Kernel::template backward<S>(workspace, g, samples, q, k, v, lengths, result, statistics.data(), dout,
                                 column<S>(gradients, 0), column<S>(gradients, dk), column<S>(gradients, dv));
    return {y.to_host(), statistics.to_host(), gradients.to_host()};
  }

 private:
  Buffer<S, Device> filled(std::size_t columns, std::uint64_t stream) const {
    const std::size_t size = samples * g.tokens * columns;
    const std::vector<double> numbers = hash_uniform<double>(size, stream << 24);
    const std::vector<S> host(numbers.begin(), numbers.end());
    Buffer<S, Device> buffer(size);
    buffer.from_host(host.data());
    return buffer;
  }
  template <class T>
  kernels::TokenArray<T> column(Buffer<S, Device>& array, std::size_t first) const {
    return {array.data() + first, stride};
  }

  kernels::DotProductGeometry g;
  std::size_t samples, queries, values, stride;
  Shared shared;
  Buffer<S, Device> in, gradients, y, dy, statistics;
  Workspace<Device> workspace;
};

template <class S>
void check_dot_product(const kernels::DotProductGeometry& g, std::size_t gap, Shared shared, double tolerance) {
  CAPTURE(sizeof(S));
  const std::vector<std::int32_t> lengths{static_cast<std::int32_t>(g.tokens) - 7, 66};
  const Buffer<std::int32_t, Gpu> gpu_lengths = on_gpu(lengths);
  for (const bool padded : {false, true}) {
    CAPTURE(padded);
    const auto expected =
        DotProductRun<Cpu, double>(g, lengths.size(), gap, shared).run(padded ? lengths.data() : nullptr);
    const auto actual =
        DotProductRun<Gpu, S>(g, lengths.size(), gap, shared).run(padded ? gpu_lengths.data() : nullptr);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CAPTURE(i);
      CHECK(difference(actual[i], expected[i], tolerance) == "");
    }
  }
}

/// Causal and not, with and without padding.
void check_dot_product(kernels::DotProductGeometry g, std::size_t gap, Shared shared = Shared::none) {
  g.scale = 1.5;
  for (const bool causal : {false, true}) {
    g.causal = causal;
    CAPTURE(g.tokens);
    CAPTURE(g.width);
    CAPTURE(causal);
    check_dot_product<double>(g, gap, shared, 1e-11);
    if (causal) check_dot_product<float>(g, gap, shared, 3e-5);
  }
}

/// y and dx of a layer without parameters on a device; x is `size` times a formula's numbers.
template <DeviceType Device, class Layer>
std::vector<float> of_large_inputs(float size) {
  constexpr std::size_t samples = 2, in = samples * Layer::input_shape::size, out = samples * Layer::output_shape::size;
  std::vector<float> x = hash_uniform<float>(in, 0), dy = hash_uniform<float>(out, in);
  for (float& value : x) value *= size;
  Buffer<float, Device> inputs(in), dinputs(in), outputs(out), doutputs(out), cache(Layer::cache_elements(samples) + 1);
  inputs.from_host(x.data());
  doutputs.from_host(dy.data());
  Workspace<Device> workspace;
  const nn::Pass<Layer, Device, float> pass(workspace, {.cache = cache.data()});
  const BatchView<typename Layer::input_shape, const float, Device> batch(inputs.data(), samples);
  const BatchView<typename Layer::output_shape, float, Device> y(outputs.data(), samples),
      grad(doutputs.data(), samples);
  const BatchView<typename Layer::output_shape, const float, Device> result = y, gradient = grad;
  Layer::forward(pass, batch, y);
  Layer::backward(pass, batch, result, gradient,
                  BatchView<typename Layer::input_shape, float, Device>(dinputs.data(), samples));
  std::vector<float> all = outputs.to_host();
  const std::vector<float> more = dinputs.to_host();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

TEST_CASE("self-attention matches the Cpu's in every form") {
  check_attention<TwoHeads>();
  check_attention<CausalHeads>();
  check_attention<Wqk>();
  check_attention<WqkOnly>();
  check_attention<Symmetric>();
  check_attention<Triangle>();
  check_attention<TriangleOnly>();
  check_layer_on_gpu<TwoHeads>(3, false);
}

TEST_CASE("self-attention of more than one block of tokens matches the Cpu's") {
  check_attention<ManyTokens>();
  check_attention<ManyCausal>();
  check_attention<ManySymmetric>();
}

TEST_CASE("dot-product attention matches the Cpu's for every number of tokens and features") {
  check_dot_product({.tokens = 71, .heads = 3, .width = 5, .value_width = 2}, 1);
  check_dot_product({.tokens = 64, .heads = 1, .width = 33, .value_width = 40}, 3);
  check_dot_product({.tokens = 130, .heads = 1, .width = 40, .value_width = 68}, 0);
  check_dot_product({.tokens = 129, .heads = 1, .width = 100, .value_width = 16}, 4);
}

TEST_CASE("gradients of dot-product attention that share memory are added") {
  check_dot_product({.tokens = 70, .heads = 2, .width = 20, .value_width = 20}, 0, Shared::keys_and_values);
  check_dot_product({.tokens = 70, .heads = 1, .width = 36, .value_width = 36}, 1, Shared::all);
}

TEST_CASE("element-wise attention matches the Cpu's in every form") {
  check_attention<Full>();
  check_attention<CausalFull>();
  check_attention<Series>();
  check_attention<WithoutOutput>();
  check_attention<CausalSeries>();
  check_layer_on_gpu<Series>(3, false);
}

TEST_CASE("element-wise attention over many tokens matches the Cpu's") {
  check_attention<ManySeries>();
  check_attention<ManyCausalSeries>();
}

TEST_CASE("element-wise attention without projections matches the Cpu's") {
  check_attention<FullAlone>();
  check_attention<CausalFullAlone>();
  check_attention<SeriesAlone>();
  check_attention<CausalAlone>();
  check_attention<TwoBlocks>();
  check_attention<LongSeries>();
  check_attention<LongCausal>();
  check_layer_on_gpu<LongCausal>(3, true, {300, 331, 257});
  check_layer_on_gpu<CausalAlone>(3, false);
}

TEST_CASE("large queries and keys leave element-wise attention finite, with the Cpu's outputs") {
  const auto check = []<class Layer>(Layer) {
    const auto expected = of_large_inputs<Cpu, Layer>(50), actual = of_large_inputs<Gpu, Layer>(50);
    const std::size_t outputs = 2 * Layer::output_shape::size;
    CHECK(difference(std::span(actual).first(outputs), std::span(expected).first(outputs), 1e-4) == "");
    CHECK(difference(std::span(actual).subspan(outputs), std::span(expected).subspan(outputs), 1e-3) == "");
  };
  check(FullAlone());
  check(SeriesAlone());
  check(CausalAlone());
}
