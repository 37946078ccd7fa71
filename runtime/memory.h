// Memory: what a process that stays resident gives back after it was busy.
//
// Start-up and a first synchronisation use code and heap that are not needed again for hours: TLS
// handshakes, parsers, relocation tables, the staged batch. The kernel would take the clean pages
// back when memory gets short, but until then they count as ours (VmRSS, and what a node's operator
// sees). So some time after the last big piece of work they are given back at once.
//
// Threads: loop only.
#pragma once

#include "core/base/instant.h"
#include "runtime/loop.h"

#include <cstddef>

namespace ferro::runtime {

/// Fewer arenas for malloc: each thread of gRPC would keep one of its own. Before the first thread.
void limit_malloc();

/// Gives freed heap, and unwritten pages of the program's and libraries' files, back to the kernel.
/// What is still needed comes back from the page cache when it is next touched. *Cost*: under a
/// millisecond, and then one fault for each piece of 64 KiB that is in use (about a hundred).
void give_back_memory();

class MemoryKeeper {
  public:
    /// Gives back once `settle` after now, and again after each later busy().
    explicit MemoryKeeper(Loop& loop, Duration settle = std::chrono::seconds{2});

    /// A batch of so many objects was worked off; small ones are not worth it.
    void busy(std::size_t objects);

  private:
    Duration settle_;
    Timer timer_;
};

}  // namespace ferro::runtime
