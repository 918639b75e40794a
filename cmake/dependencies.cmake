# Every library the project uses, with the version that the oldest supported system (Debian 12) has.
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)  # records, forecasts
find_package(fmt 9 REQUIRED)               # messages, tables
find_package(CLI11 2.1 REQUIRED)           # command line
find_package(Eigen3 3.4 REQUIRED NO_MODULE) # fits; software float16 and bfloat16
find_package(benchmark 1.7 REQUIRED)       # drives the measurements

# toml++ ships a pkg-config file but no CMake package in Debian 12: header-only use needs the path alone.
find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)
add_library(tomlplusplus INTERFACE)
add_library(tomlplusplus::tomlplusplus ALIAS tomlplusplus)
target_include_directories(tomlplusplus SYSTEM INTERFACE ${TOMLPLUSPLUS_INCLUDE_DIR})
target_compile_definitions(tomlplusplus INTERFACE TOML_HEADER_ONLY=1)

set(FABRICAST_HAVE_MPI OFF)
if(FABRICAST_MPI)
  find_package(MPI COMPONENTS C)
  if(MPI_C_FOUND)
    set(FABRICAST_HAVE_MPI ON)
    message(STATUS "MPI: found, host backends are built")
  else()
    message(STATUS "MPI: not found, host backends are left out (Debian, Ubuntu: apt install libopenmpi-dev)")
  endif()
else()
  message(STATUS "MPI: left out (FABRICAST_MPI=OFF)")
endif()

set(FABRICAST_HAVE_CUDA OFF)
if(FABRICAST_CUDA)
  include(CheckLanguage)
  check_language(CUDA)
  find_package(CUDAToolkit 12 QUIET)
  find_package(NCCL QUIET)
  if(CMAKE_CUDA_COMPILER AND CUDAToolkit_FOUND AND NCCL_FOUND)
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
      set(CMAKE_CUDA_ARCHITECTURES 80 90 100)
    endif()
    enable_language(CUDA)
    set(FABRICAST_HAVE_CUDA ON)
    message(STATUS "CUDA ${CUDAToolkit_VERSION}, NCCL headers ${NCCL_VERSION}: found, the NCCL backend is built")
  elseif(NOT CMAKE_CUDA_COMPILER OR NOT CUDAToolkit_FOUND)
    message(STATUS "CUDA: nvcc not found, the NCCL backend is left out (put the toolkit's bin folder on PATH)")
  else()
    message(STATUS "NCCL: nccl.h not found, the NCCL backend is left out (apt install libnccl-dev, or set NCCL_ROOT)")
  endif()
else()
  message(STATUS "CUDA, NCCL: left out (preset cuda builds them)")
endif()
