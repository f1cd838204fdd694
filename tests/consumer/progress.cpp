// SPDX-License-Identifier: MIT
// A user's program that shows a training of its own.

#include <odot/train/progress.hpp>

int main() {
  odot::ProgressBar bar;
  bar.on_begin({.epochs = 1, .batches = 1, .samples = 10, .batch_size = 10});
  bar.on_epoch({.epoch = 1, .mean_loss = 0.5});
}
