#pragma once
// SPDX-License-Identifier: MIT
// The papers' claims, judged by the results of scripts/reproduce.sh. Each verdict comes from a rule that is written beside
// it.

#include "paper_tables.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reproduce {

enum class Verdict { confirmed, refuted, open };

struct Claim {
  std::string claim, rule;
  Verdict verdict = Verdict::open;
  std::string reason = {};
};

inline const std::string no_rows = "its rows have not been run";

inline const char* name_of(Verdict verdict) {
  return verdict == Verdict::confirmed ? "confirmed" : verdict == Verdict::refuted ? "refuted" : "open";
}

/// A claim that is judged case by case: confirmed if it holds in all, refuted if in none, else open.
class Cases {
 public:
  explicit Cases(std::string claim, std::string rule) : claim_{std::move(claim), std::move(rule)} {}

  /// A case that needs these rows; without one of them it is left out. `holds`: says so, and what it saw.
  void add(const std::vector<const Result*>& rows, const std::function<std::pair<bool, std::string>()>& holds) {
    ++all_;
    if (std::ranges::find(rows, nullptr) != rows.end()) return;
    const auto [good, seen] = holds();
    ++judged_;
    held_ += good;
    claim_.reason += (claim_.reason.empty() ? "" : "; ") + seen;
  }

  Claim claim() const {
    Claim judged = claim_;
    if (judged_ == 0) {
      judged.reason = no_rows;
      return judged;
    }
    judged.verdict = held_ == judged_ ? Verdict::confirmed : held_ == 0 ? Verdict::refuted : Verdict::open;
    if (judged_ > 1 && held_ > 0 && held_ < judged_)
      judged.reason = "in " + std::to_string(held_) + " of " + std::to_string(judged_) + " cases: " + judged.reason;
    if (judged_ < all_)
      judged.reason +=
          "; " + std::to_string(all_ - judged_) + " of " + std::to_string(all_) + " cases have not been run";
    return judged;
  }

 private:
  Claim claim_;
  std::size_t all_ = 0, judged_ = 0, held_ = 0;
};

inline std::string fixed(double number, int decimals) { return odot::number_text::fixed(number, decimals); }

/// Element-Wise Attention Layers.
inline std::vector<Claim> image_claims(const Runs& runs) {
  std::vector<Claim> claims;
  const auto accuracy = [](const Result* r) { return r->number("accuracy"); };
  const auto judge = [&](std::string claim, std::string rule, const auto& add) {
    Cases cases(std::move(claim), std::move(rule));
    add(cases);
    claims.push_back(cases.claim());
  };
  const auto against_control = [&](Cases& cases, const char* model, const char* control, double share) {
    const Result *m = runs.find(model), *c = runs.find(control);
    cases.add({m, c}, [&, m, c] {
      const double ratio = accuracy(m) / accuracy(c), fewer = 1 - m->number("parameters") / c->number("parameters");
      return std::pair(ratio >= share, fixed(accuracy(m), 2) + " % against " + fixed(accuracy(c), 2) + " %, which is " +
                                           fixed(100 * ratio, 1) + " % of it, with " + fixed(100 * fewer, 1) +
                                           " % fewer parameters");
    });
  };
  judge("On Fashion-MNIST, 92 % of the control model's accuracy with 97 % fewer parameters (model B)",
        "B's accuracy is at least 92 % of the control's",
        [&](Cases& cases) { against_control(cases, "b-1", "control-1", 0.92); });
  judge("On CIFAR-10, 60 % of the control model's accuracy with half the parameters",
        "the attention model's accuracy is at least 60 % of the control's",
        [&](Cases& cases) { against_control(cases, "cifar-attention-1", "cifar-control-1", 0.60); });
  judge("A and C, with a norm after the convolution, collapse", "the accuracy is below 15 %", [&](Cases& cases) {
    for (const char* row : {"a-1", "c-1"})
      cases.add({runs.find(row)}, [&, row] {
        return std::pair(accuracy(runs.find(row)) < 15, std::string(1, static_cast<char>(row[0] - 32)) + " reaches " +
                                                            fixed(accuracy(runs.find(row)), 2) + " %");
      });
  });
  judge("Without a norm after the convolution the models are better", "B > A, D > C, F > E and H > G in accuracy",
        [&](Cases& cases) {
          for (const auto& [without, with] :
               {std::pair("b-1", "a-1"), std::pair("d-1", "c-1"), std::pair("f-1", "e-1"), std::pair("h-1", "g-1")}) {
            const Result *a = runs.find(without), *b = runs.find(with);
            cases.add({a, b}, [&, a, b] {
              return std::pair(accuracy(a) > accuracy(b), fixed(accuracy(a), 2) + " against " + fixed(accuracy(b), 2));
            });
          }
        });
  judge("One head does nearly as well as eight", "the single head's accuracy is at most 2 points below B's",
        [&](Cases& cases) {
          const Result *one = runs.find("single-head-1"), *b = runs.find("b-1");
          cases.add({one, b}, [&, one, b] {
            return std::pair(accuracy(one) >= accuracy(b) - 2,
                             fixed(accuracy(one), 2) + " against " + fixed(accuracy(b), 2));
          });
        });
  judge("Split optimizers help on CIFAR-10", "more accurate than with one learning rate", [&](Cases& cases) {
    const Result *split = runs.find("cifar-split-1"), *one = runs.find("cifar-attention-1");
    cases.add({split, one}, [&, split, one] {
      return std::pair(accuracy(split) > accuracy(one),
                       fixed(accuracy(split), 2) + " against " + fixed(accuracy(one), 2));
    });
  });
  judge("Without a skip connection, but with split optimizers, the model trains", "the accuracy is above 75 %",
        [&](Cases& cases) {
          for (const char* seed : {"1", "2", "4"}) {
            const Result* row = runs.find(std::string("no-skip-split-") + seed);
            cases.add({row}, [&, row, seed] {
              return std::pair(accuracy(row) > 75, std::string("seed ") + seed + ": " + fixed(accuracy(row), 2));
            });
          }
        });
  return claims;
}

/// Element-wise Attention Is All You Need.
inline std::vector<Claim> series_claims(const Runs& runs) {
  std::vector<Claim> claims;
  constexpr double noise = 0.55;  // two of 370 sequences, %
  const Result *ea2 = runs.find("vowels-ea-2"), *ea6 = runs.find("vowels-ea-6"), *self = runs.find("vowels-self");
  const auto accuracies = [](const Result* a, const Result* b) {
    return fixed(a->number("accuracy"), 2) + " against " + fixed(b->number("accuracy"), 2) + " %";
  };
  Cases classifies("EA-6 classifies JapaneseVowels as well as self-attention",
                   "its median accuracy is at most two sequences of 370 lower");
  classifies.add({ea6, self}, [&] {
    return std::pair(ea6->number("accuracy") >= self->number("accuracy") - noise, accuracies(ea6, self));
  });
  claims.push_back(classifies.claim());

  Claim order{
      "EA-2 is worse than EA-6 on JapaneseVowels",
      "confirmed if EA-6 is better by more than two sequences of 370, refuted if it is worse by more, else open"};
  if (ea2 && ea6) {
    const double more = ea6->number("accuracy") - ea2->number("accuracy");
    order.verdict = more > noise ? Verdict::confirmed : more < -noise ? Verdict::refuted : Verdict::open;
    order.reason = accuracies(ea6, ea2) + (order.verdict == Verdict::open ? ": no difference that counts" : "");
  } else {
    order.reason = no_rows;
  }
  claims.push_back(order);

  const auto forecasts = [&](std::string claim, std::string rule, const char* a, const char* b, const auto& holds) {
    Cases cases(std::move(claim), std::move(rule));
    for (const std::string horizon : {"6", "12"}) {
      const Result *first = runs.find("etth2-" + horizon + "-" + a), *second = runs.find("etth2-" + horizon + "-" + b);
      cases.add({first, second}, [&, first, second, horizon] {
        const double x = first->number("mae"), y = second->number("mae");
        return std::pair(holds(x / y), horizon + " hours: MAE " + fixed(x, 4) + " against " + fixed(y, 4));
      });
    }
    claims.push_back(cases.claim());
  };
  forecasts("EA-6 forecasts ETTh2 as well as self-attention", "its MAE is at most 3 % higher", "ea-6", "self",
            [](double ratio) { return ratio <= 1.03; });
  forecasts("EA-2 forecasts ETTh2 worse than EA-6 (the paper: by 16 and 13 %)", "its MAE is at least 5 % higher",
            "ea-2", "ea-6", [](double ratio) { return ratio >= 1.05; });
  claims.push_back({"Its cost grows linearly with the length of the sequence, that of self-attention quadratically",
                    "measured by the benchmarks, not by these rows", Verdict::open,
                    "see docs/performance.md and docs/attention_cost.svg"});
  return claims;
}

/// Reducing the Transformer Architecture to a Minimum.
inline std::vector<Claim> transformer_claims(const Runs& runs) {
  std::vector<Claim> claims;
  // The long rows where there are any, else the grid's with one head and six encoders.
  bool is_long = false;
  for (const Row& row : runs.rows()) is_long = is_long || (row.group == "claims" && runs.find(row.name));
  struct Family {
    std::string title, set;
    std::function<const Result*(const std::string&)> find;  // by the model
  };
  std::vector<Family> families;
  for (const std::string set : {"mnist", "cifar10"}) {
    const std::string title = set == "mnist" ? "MNIST" : "CIFAR-10";
    if (is_long) {
      for (const std::string recipe : {"ours", "authors"})
        families.push_back({title + (recipe == "ours" ? ", our recipe" : ", the authors' recipe"), set,
                            [&runs, set, recipe](const std::string& model) {
                              return runs.find("long-" + set + "-" + recipe + "-" + model);
                            }});
    } else {
      for (const std::string encoders : {"6", "12"})
        families.push_back(
            {title + ", " + encoders + " encoders, 6 short epochs", set,
             [&runs, set, encoders](const std::string& model) {
               const std::string name = model == "full" ? "full-1-mlp" : model == "no-mlp" ? "full-1" : model + "-1";
               return runs.find("grid-" + set + "-" + encoders + "-" + name);
             }});
    }
  }
  const auto compared = [&](std::string claim, std::string rule, const char* a, const char* b, double most) {
    Cases cases(std::move(claim), std::move(rule));
    for (const Family& family : families) {
      const Result *x = family.find(a), *y = family.find(b);
      cases.add({x, y}, [&, x, y] {
        const double p = x->number("best_validation_loss"), q = y->number("best_validation_loss");
        return std::pair(p <= most * q, family.title + ": " + fixed(p, 4) + " against " + fixed(q, 4));
      });
    }
    claims.push_back(cases.claim());
  };
  compared("Without the MLP the validation loss does not suffer",
           "the least validation loss is at most 2 % above the full model's", "no-mlp", "full", 1.02);
  compared("Symmetric beats asymmetric, both without MLP", "the symmetric model's least validation loss is lower",
           "symmetric", "no-mlp", 1.0);

  const auto shares = [&](std::string claim, std::string rule, const char* model, const auto& holds) {
    Cases cases(std::move(claim), std::move(rule));
    for (const std::string set : {"mnist", "cifar10"})
      for (const std::string encoders : {"6", "12"}) {
        const std::string start = "grid-" + set + "-" + encoders + "-";
        const Result *m = runs.find(start + model), *full = runs.find(start + "full-1-mlp");
        if (encoders == "6" && is_long && (!m || !full)) {
          const std::string name = std::string(model) == "symmetric-1" ? "symmetric"
                                   : std::string(model) == "wqk-1"     ? "wqk"
                                                                       : "minimum";
          m = runs.find("long-" + set + "-ours-" + name);
          full = runs.find("long-" + set + "-ours-full");
        }
        cases.add({m, full}, [&, m, full] {
          const double share = m->number("parameters") / full->number("parameters");
          return std::pair(holds(share), (set == "mnist" ? "MNIST, " : "CIFAR-10, ") + encoders +
                                             " encoders: " + fixed(100 * share, 1) + " %");
        });
      }
    claims.push_back(cases.claim());
  };
  shares("The symmetric model without MLP has about 25 to 27 % of the full model's parameters", "24.5 to 27.5 %",
         "symmetric-1", [](double share) { return share >= 0.245 && share <= 0.275; });
  shares("W_qk without MLP has about 33 % of the full model's parameters",
         "32 to 34 %; by the equations it has as many as the symmetric one", "wqk-1",
         [](double share) { return share >= 0.32 && share <= 0.34; });
  shares("The minimum has less than 10 % of the full model's parameters", "below 10 %", "minimum-1",
         [](double share) { return share < 0.10; });

  Cases overfits("On CIFAR-10 the full model overfits most",
                 "of the six models, it has the largest gap between validation and training loss");
  for (const Family& family : families) {
    if (family.set != "cifar10") continue;
    std::vector<const Result*> six;
    for (const auto& [model, title] : claim_models) six.push_back(family.find(model));
    overfits.add(six, [&, six] {
      const auto gap = [](const Result* r) { return r->number("validation_loss") - r->number("training_loss"); };
      std::size_t largest = 0;
      for (std::size_t m = 1; m < six.size(); ++m)
        if (gap(six[m]) > gap(six[largest])) largest = m;
      return std::pair(largest == 0, family.title + ": the full model's gap is " + fixed(gap(six[0]), 3) +
                                         ", the largest is that of " + claim_models[largest].second + ", " +
                                         fixed(gap(six[largest]), 3));
    });
  }
  claims.push_back(overfits.claim());
  return claims;
}

inline Table table_of(const char* name, const std::vector<Claim>& claims) {
  Table table{name, "The claims", {"claim", "verdict", "why", "rule"}};
  for (const Claim& c : claims)
    table.rows.push_back(
        {c.claim, "**" + std::string(name_of(c.verdict)) + "**", c.reason == no_rows ? not_run : c.reason, c.rule});
  return table;
}

}  // namespace reproduce
