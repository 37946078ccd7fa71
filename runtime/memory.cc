#include "runtime/memory.h"

#include "runtime/clock.h"

#include <link.h>
#include <malloc.h>

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace ferro::runtime {
namespace {

// A batch of fewer objects frees too little to pay for the faults that follow.
constexpr std::size_t kObjectsWorthIt = 500;

/// Loaded segments that nobody may write: code, constants, relocation tables. Their pages equal the
/// file's, so dropping them loses nothing.
int drop_unwritable(dl_phdr_info* object, std::size_t /*size*/, void* page_bytes) {
    const auto page = *static_cast<const std::uintptr_t*>(page_bytes);
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const auto& segment = object->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) {
            continue;
        }
        const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
        const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
        // Failure costs memory only.
        (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
    return 0;
}

}  // namespace

void limit_malloc() {
    ::mallopt(M_ARENA_MAX, 1);
    // Fixed, for glibc raises it with each large block that is freed.
    ::mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    ::mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}

void give_back_memory() {
    ::malloc_trim(0);
    auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    ::dl_iterate_phdr(&drop_unwritable, &page);
}

MemoryKeeper::MemoryKeeper(Loop& loop, Duration settle)
    : settle_(settle), timer_(loop, [] { give_back_memory(); }) {
    timer_.arm(monotonic_now() + settle_);
}

void MemoryKeeper::busy(std::size_t objects) {
    if (objects >= kObjectsWorthIt) {
        timer_.arm(monotonic_now() + settle_);
    }
}

}  // namespace ferro::runtime
