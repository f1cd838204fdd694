// SPDX-License-Identifier: MIT
#include "odot/nn/chain_plan.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>

#include "odot/core/shape.hpp"

using namespace odot;
using nn::detail::ChainPlan;

namespace {

enum class Kind { reads_input, in_place, view };

/// What a plan reads of a bound layer: here one of `Size` outputs, 3 parameters and 2 buffers.
template <Kind K, std::size_t Size, bool ReadsOutput = false, std::size_t Cache = 0>
struct Fake {
  using output_shape = Shape<Size>;
  static constexpr std::size_t parameter_count = 3, buffer_count = 2;
  static constexpr bool in_place = K != Kind::reads_input, is_view = K == Kind::view;
  static constexpr bool backward_reads_output = ReadsOutput;
  static constexpr std::size_t cache_elements(std::size_t n) { return Cache * n; }
  static constexpr std::size_t gradient_elements(std::size_t n) { return 10 * n; }
};

template <std::size_t Size, std::size_t Cache = 0>
using Conv = Fake<Kind::reads_input, Size, false, Cache>;
template <std::size_t Size>
using Activation = Fake<Kind::in_place, Size, true>;
template <std::size_t Size>
using View = Fake<Kind::view, Size>;

// conv → relu → conv → relu → flatten → linear → log-softmax
using Vgg = ChainPlan<Conv<32>, Activation<32>, Conv<48>, Activation<48>, View<48>, Conv<16>, Activation<16>>;

template <std::size_t... V>
constexpr std::array<std::size_t, sizeof...(V)> list{V...};

}  // namespace

TEST_CASE("activations and views share the slot of their input") {
  CHECK(Vgg::slot_table.slot == list<0, 0, 1, 1, 1, 2, 2>);
  CHECK(Vgg::slot_table.count == 3);
  CHECK(Vgg::own_slots == 2);  // the last one is the caller's
  CHECK(Vgg::slot_table.last_is_read);
}

TEST_CASE("an output that a backward reads is not written over") {
  using TwoActivations = ChainPlan<Conv<32>, Activation<32>, Activation<32>>;
  CHECK(TwoActivations::slot_table.slot == list<0, 0, 1>);
  using ViewBetween = ChainPlan<Conv<32>, Activation<32>, View<32>, Activation<32>>;
  CHECK(ViewBetween::slot_table.slot == list<0, 0, 0, 1>);
}

TEST_CASE("a first layer never writes over the caller's input") {
  using ActivationFirst = ChainPlan<Activation<32>, Conv<32>>;
  CHECK(ActivationFirst::slot_table.slot == list<0, 1>);
  CHECK_FALSE(ActivationFirst::slot_table.last_is_read);
  using One = ChainPlan<Activation<32>>;
  CHECK(One::slot_table.count == 1);
  CHECK(One::own_slots == 0);
  CHECK(One::slot_table.last_is_read);
}

TEST_CASE("the cache holds the own slots, then every layer's cache, all aligned") {
  using Plan = ChainPlan<Conv<30, 5>, Activation<30>, Conv<20, 7>, Conv<4>>;
  // two samples: slot 0 takes 60 → 64, slot 1 takes 40 → 48, then the caches of 10 → 16, 0, 14 → 16
  CHECK(Plan::slot_offset(0, 2) == 0);
  CHECK(Plan::slot_offset(1, 2) == 64);
  CHECK(Plan::cache_offset(0, 2) == 112);
  CHECK(Plan::cache_offset(1, 2) == 128);
  CHECK(Plan::cache_offset(2, 2) == 128);
  CHECK(Plan::cache_offset(4, 2) == 144);
}

TEST_CASE("gradients go by turns through two pieces, and stay where a layer works in place") {
  CHECK(Vgg::gradient_piece() == list<0, 0, 1, 1, 1, 0, 0>);  // of each output; the last one's is the caller's
  CHECK(Vgg::gradient_pieces == 2);
  CHECK(Vgg::largest_between() == 48);
  CHECK(Vgg::gradient_elements(2) == 2 * 96 + 20);
}

TEST_CASE("gradients between short chains take no more pieces than there are between layers") {
  CHECK(ChainPlan<Conv<32>>::gradient_pieces == 0);
  CHECK(ChainPlan<Conv<32>>::gradient_elements(3) == 30);
  CHECK(ChainPlan<Conv<32>, Conv<48>>::gradient_pieces == 1);
  CHECK(ChainPlan<Conv<32>, Conv<48>>::gradient_elements(1) == 32 + 10);
}

TEST_CASE("parameters and buffers follow each other") {
  CHECK(Vgg::parameter_offset(0) == 0);
  CHECK(Vgg::parameter_offset(6) == 18);
  CHECK(Vgg::parameter_offset(7) == 21);
  CHECK(Vgg::buffer_offset(7) == 14);
}
