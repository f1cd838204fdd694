// SPDX-License-Identifier: MIT
// The other models of "Element-wise Attention Is All You Need".

#include "exchange.hpp"

void exchange::add_time_series(std::vector<Model>& models) {
  using namespace odot::models;
  using odot::nn::full_order, odot::nn::MeanSquaredError, odot::nn::NegativeLogLikelihood;
  add<VowelClassifier<SeriesAttention<2, false>>, NegativeLogLikelihood, true>(models, "vowels-ea-2");
  add<VowelClassifier<SeriesAttention<full_order, false>>, NegativeLogLikelihood, true>(models, "vowels-ea-full");
  add<VowelClassifier<HeadedAttention<false>>, NegativeLogLikelihood, true>(models, "vowels-self");
  add<Forecaster<SeriesAttention<2, true>, 6>, MeanSquaredError>(models, "etth2-6-ea-2");
  add<Forecaster<SeriesAttention<6, true>, 6>, MeanSquaredError>(models, "etth2-6-ea-6");
  add<Forecaster<SeriesAttention<full_order, true>, 6>, MeanSquaredError>(models, "etth2-6-ea-full");
  add<Forecaster<HeadedAttention<true>, 6>, MeanSquaredError>(models, "etth2-6-self");
  add<Forecaster<SeriesAttention<6, true>, 12>, MeanSquaredError>(models, "etth2-12-ea-6");
}
