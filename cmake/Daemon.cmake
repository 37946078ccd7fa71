# house_daemon(TARGET): links a program that stays resident, so that little of it does. What each part gives is in
# docs/decisions/0003-resident-memory.md.
include(CheckLinkerFlag)

# mold 1.10 writes packed relocations that glibc refuses, for it does not ask for glibc's symbol version; GNU ld does.
check_linker_flag(CXX "-fuse-ld=bfd;-Wl,-z,pack-relative-relocs" FERRO_PACKED_RELOCATIONS)

function(house_daemon target)
    if(FERRO_SANITIZE)
        return()  # the sanitizers' runtimes want the shared libstdc++
    endif()
    target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc)
    if(FERRO_PACKED_RELOCATIONS)
        set_target_properties(${target} PROPERTIES FERRO_GNU_LD ON)
        target_link_options(${target} PRIVATE -fuse-ld=bfd -Wl,-z,pack-relative-relocs)
    endif()
endfunction()
