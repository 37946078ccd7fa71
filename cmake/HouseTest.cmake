# house_test(NAME name LABEL unit|sim|netns|conformance|e2e SOURCES ... DEPS ... [TIMEOUT s] [SERIAL] [THREADED])
#
# One GoogleTest program, registered with ctest as one test per program (a namespace test needs its process to itself
# anyway, and ten thousand ctest entries help nobody). SERIAL keeps a test that measures or that loads both cores alone.
# THREADED puts it among those that `scripts/test tsan` runs under ThreadSanitizer.
# Skipped cases are made visible: a program in which a case skipped itself ends with the ctest state "Skipped", and CI
# allows none.

function(house_test)
    cmake_parse_arguments(ARG "SERIAL;THREADED" "NAME;LABEL;TIMEOUT" "SOURCES;DEPS;LINK" ${ARGN})
    if(NOT BUILD_TESTING OR FERRO_FUZZ)
        return()
    endif()
    add_executable(${ARG_NAME} ${ARG_SOURCES})
    target_link_libraries(${ARG_NAME} PRIVATE ferro_warnings ferro_build GTest::gtest_main GTest::gmock ${ARG_LINK})
    foreach(dep IN LISTS ARG_DEPS)
        target_link_libraries(${ARG_NAME} PRIVATE ferro::${dep})
    endforeach()
    set_target_properties(${ARG_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME} --gtest_brief=1)
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    set(labels ${ARG_LABEL})
    add_dependencies(ferro_tests_${ARG_LABEL} ${ARG_NAME})
    if(ARG_THREADED)
        list(APPEND labels tsan)
        add_dependencies(ferro_tests_tsan ${ARG_NAME})
    endif()
    set_tests_properties(${ARG_NAME} PROPERTIES LABELS "${labels}" TIMEOUT ${ARG_TIMEOUT}
        SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]"
        ENVIRONMENT "FERRO_BIN=${PROJECT_BINARY_DIR}/bin;FERRO_SOURCE=${PROJECT_SOURCE_DIR}")
    if(ARG_SERIAL)
        set_tests_properties(${ARG_NAME} PROPERTIES RUN_SERIAL ON)
    endif()
endfunction()

# house_fuzz(NAME name CORPUS dir SOURCES ... DEPS ...): a libFuzzer target, built in the fuzz preset only.
# The same corpus is replayed for a bounded number of runs as the test `<name>_smoke`.
function(house_fuzz)
    cmake_parse_arguments(ARG "" "NAME;CORPUS;RUNS" "SOURCES;DEPS;LINK" ${ARGN})
    if(NOT FERRO_FUZZ)
        return()
    endif()
    if(NOT ARG_RUNS)
        set(ARG_RUNS 20000)
    endif()
    add_executable(${ARG_NAME} ${ARG_SOURCES})
    target_link_libraries(${ARG_NAME} PRIVATE ferro_warnings ferro_build ${ARG_LINK})
    foreach(dep IN LISTS ARG_DEPS)
        target_link_libraries(${ARG_NAME} PRIVATE ferro::${dep})
    endforeach()
    add_dependencies(ferro_tests_fuzz_smoke ${ARG_NAME})
    target_link_options(${ARG_NAME} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${ARG_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
    # New inputs go to a scratch corpus in the build folder; the committed seeds are only read.
    set(scratch ${PROJECT_BINARY_DIR}/fuzz/${ARG_NAME}-corpus)
    file(MAKE_DIRECTORY ${scratch})
    add_test(NAME ${ARG_NAME}_smoke COMMAND ${ARG_NAME} -runs=${ARG_RUNS} -max_total_time=20 -print_final_stats=1
        ${scratch} ${ARG_CORPUS} WORKING_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
    set_tests_properties(${ARG_NAME}_smoke PROPERTIES LABELS fuzz_smoke TIMEOUT 120)
endfunction()
