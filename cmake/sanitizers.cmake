# -DSENSOR_SANITIZE=address,undefined or =thread, as the presets asan and tsan set it.
set(SENSOR_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")

# As the preset asan sets it; libFuzzer comes with clang.
option(SENSOR_FUZZ "Build the fuzz targets, and everything else so that they see which branches it takes" OFF)

function(sensor_add_sanitizers target)
  if(SENSOR_SANITIZE)
    target_compile_options(${target} INTERFACE -fsanitize=${SENSOR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} INTERFACE -fsanitize=${SENSOR_SANITIZE})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # g++ 12 reports libstdc++'s own <regex> as maybe uninitialized when it is instrumented; the other presets still check.
      target_compile_options(${target} INTERFACE -Wno-maybe-uninitialized)
    endif()
    if(SENSOR_SANITIZE MATCHES "thread")
      # Boost.Asio uses atomic_thread_fence, which g++ 12 warns about under TSan.
      target_compile_options(${target} INTERFACE -Wno-tsan)
    endif()
  endif()
endfunction()

function(sensor_add_coverage_guidance target)
  if(SENSOR_FUZZ)
    target_compile_options(${target} INTERFACE -fsanitize=fuzzer-no-link)
  endif()
endfunction()
