// Textbook collective algorithms over point-to-point messages: how many steps, how many bytes.
// The measuring code runs them, the model prices them; both read this table.
#pragma once

#include "core/collective.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// What the busiest rank does on the critical path. Volumes are multiples of the message size.
struct Schedule {
  double steps = 0;    // messages that follow each other
  double wire = 0;     // bytes sent (or received, the larger)
  double reduced = 0;  // bytes added up
};

/// Ranks in blocks of `per_node`; ranks == per_node is one node. per_node divides ranks.
struct Layout {
  int ranks = 1;
  int per_node = 1;
};

struct TextbookAlgorithm {
  Collective collective;
  std::string_view name;
  Schedule (*schedule)(Layout);
  std::string_view meaning;
};

/// ceil(log2(n)), 0 for one rank.
int ceil_log2(int n);
/// floor(log2(n)).
int floor_log2(int n);

namespace textbook {
Schedule ring_all_reduce(Layout layout);
Schedule ring_one_pass(Layout layout);
Schedule ring_reduce_scatter(Layout layout);
Schedule recursive_doubling_all_reduce(Layout layout);
Schedule rabenseifner_all_reduce(Layout layout);
Schedule tree_all_reduce(Layout layout);
Schedule hierarchical_all_reduce(Layout layout);
Schedule binomial_broadcast(Layout layout);
Schedule binomial_reduce(Layout layout);
Schedule direct(Layout layout);
}  // namespace textbook

/// Sources: Thakur, Rabenseifner, Gropp, "Optimization of Collective Communication Operations in
/// MPICH", IJHPCA 2005 (ring, recursive doubling, Rabenseifner, pairwise, binomial); Patarasuk and
/// Yuan, "Bandwidth optimal all-reduce algorithms", JPDC 2009 (ring).
inline constexpr std::array kTextbookAlgorithms{
    TextbookAlgorithm{Collective::kAllReduce,
                      "ring",                             textbook::ring_all_reduce,
                      "reduce-scatter, then all-gather, around a ring"                                                            },
    TextbookAlgorithm{Collective::kAllReduce,
                      "recursive_doubling",               textbook::recursive_doubling_all_reduce,
                      "whole message with partner rank ^ 2^k"                                                                     },
    TextbookAlgorithm{
                      Collective::kAllReduce,
                      "rabenseifner",                     textbook::rabenseifner_all_reduce,
                      "recursive halving to a share of the sum, recursive doubling to gather the shares"                          },
    TextbookAlgorithm{Collective::kAllReduce,
                      "tree",                             textbook::tree_all_reduce,
                      "binomial reduce to rank 0, then binomial broadcast"                                                        },
    TextbookAlgorithm{
                      Collective::kAllReduce,
                      "hierarchical",                     textbook::hierarchical_all_reduce,
                      "ring reduce-scatter in the node, ring all-reduce across, ring all-gather back"                             },
    TextbookAlgorithm{
                      Collective::kAllGather,     "ring", textbook::ring_one_pass,                 "every block passes every rank"},
    TextbookAlgorithm{Collective::kReduceScatter,
                      "ring",                             textbook::ring_reduce_scatter,
                      "partial sums pass every rank"                                                                              },
    TextbookAlgorithm{Collective::kAllToAll,
                      "pairwise",                         textbook::ring_one_pass,
                      "step k: send to rank + k, receive from rank - k"                                                           },
    TextbookAlgorithm{
                      Collective::kBroadcast,     "tree", textbook::binomial_broadcast,            "binomial tree"                },
    TextbookAlgorithm{Collective::kReduce,        "tree", textbook::binomial_reduce,               "binomial tree"                },
    TextbookAlgorithm{Collective::kSendRecv,
                      "direct",                           textbook::direct,
                      "send to rank + 1, receive from rank - 1"                                                                   },
};

/// The row, or nullptr.
const TextbookAlgorithm* find_textbook(Collective collective, std::string_view name);
/// Names of the algorithms of one collective.
std::vector<std::string> textbook_names(Collective collective);

}  // namespace fabricast
