# odot::gpu: the headers with the Gpu backend. ODOT_GPU says for which of Thrust's device systems:
#   cuda       an NVIDIA GPU; the sources that use it must be compiled as CUDA (odot_gpu_sources)
#   omp, cpp   the host: the same code without a GPU, on OpenMP's threads or on one
# ODOT_CUDNN=ON: convolutions of floats by cuDNN 9, for ODOT_GPU=cuda. CUDNN_ROOT, a variable or of the environment, is the
# folder that holds its include and lib, where CMake does not look by itself.
# An installed odot makes the same target by find_package(odot COMPONENTS gpu), with these set before; default: cuda, OFF.

if(ODOT_CUDNN AND NOT ODOT_GPU STREQUAL "cuda")
  message(FATAL_ERROR "odot: ODOT_CUDNN=ON needs ODOT_GPU=cuda, but ODOT_GPU is '${ODOT_GPU}'")
endif()
if(NOT ODOT_GPU MATCHES "^(cuda|omp|cpp)$")
  message(FATAL_ERROR "odot: ODOT_GPU is '${ODOT_GPU}'; choose cuda, omp or cpp, or leave it empty for no GPU backend")
endif()

if(NOT TARGET odot::gpu)
  # Imported, so that a library that exports its own targets can use it: imported targets are named as they are.
  add_library(odot::gpu INTERFACE IMPORTED GLOBAL)
  target_link_libraries(odot::gpu INTERFACE odot::odot)
endif()

if(ODOT_GPU STREQUAL "cuda")
  include(CheckLanguage)
  check_language(CUDA)
  if(NOT CMAKE_CUDA_COMPILER)
    message(FATAL_ERROR "odot: ODOT_GPU=cuda needs the CUDA toolkit, 12.0 or later, but there is no nvcc; put its folder "
      "in PATH or set CMAKE_CUDA_COMPILER, or choose ODOT_GPU=omp to run the GPU backend's code on the host")
  endif()
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    # This machine's GPU; without one, the toolkit's major architectures.
    execute_process(COMMAND nvidia-smi -L OUTPUT_VARIABLE odot_gpus ERROR_QUIET RESULT_VARIABLE odot_no_gpu)
    if(odot_no_gpu EQUAL 0 AND odot_gpus MATCHES "GPU")
      set(CMAKE_CUDA_ARCHITECTURES native)
    else()
      set(CMAKE_CUDA_ARCHITECTURES all-major)
    endif()
  endif()
  enable_language(CUDA)
  find_package(CUDAToolkit 12.0 REQUIRED)
  # C++20 by its flag: CMake 3.25 does not know the feature cuda_std_20 of a later nvcc. Lambdas that run on the GPU, and
  # constexpr functions in them. Warnings 20012 are of Eigen's, 20011 and 20014 of programs that are generic in their
  # number (for the Cpu they call what the host alone has), 1675 of our unrolling pragmas, which are the host compiler's,
  # 186 of loops over nothing in small models, 554 of views that are const already.
  target_compile_options(odot::gpu INTERFACE
    "$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20;--extended-lambda;--expt-relaxed-constexpr;-diag-suppress=20011,20012,20014,1675,186,554>")
  target_link_libraries(odot::gpu INTERFACE CUDA::cudart CUDA::cublas)
  if(ODOT_CUDNN)
    # The pip package nvidia-cudnn-cu13 (CUDNN_ROOT is its folder nvidia/cudnn) has no libcudnn.so.
    set(odot_places HINTS ${CUDNN_ROOT} ENV CUDNN_ROOT PATHS ${CUDAToolkit_INCLUDE_DIRS}/.. ${CUDAToolkit_LIBRARY_DIR})
    find_path(ODOT_CUDNN_INCLUDE cudnn.h ${odot_places} PATH_SUFFIXES include)
    find_library(ODOT_CUDNN_LIBRARY NAMES cudnn libcudnn.so.9 NAMES_PER_DIR ${odot_places} PATH_SUFFIXES lib64 lib)
    set(odot_cudnn_major "none")
    if(EXISTS ${ODOT_CUDNN_INCLUDE}/cudnn_version.h)
      file(STRINGS ${ODOT_CUDNN_INCLUDE}/cudnn_version.h odot_cudnn_major REGEX "define CUDNN_MAJOR")
      string(REGEX MATCH "[0-9]+" odot_cudnn_major "${odot_cudnn_major}")
    endif()
    if(NOT ODOT_CUDNN_LIBRARY OR NOT odot_cudnn_major EQUAL 9)
      set(odot_found "cudnn.h: ${ODOT_CUDNN_INCLUDE}, version ${odot_cudnn_major}; libcudnn: ${ODOT_CUDNN_LIBRARY}")
      unset(ODOT_CUDNN_INCLUDE CACHE)  # so that the next try looks again
      unset(ODOT_CUDNN_LIBRARY CACHE)
      message(FATAL_ERROR "odot: ODOT_CUDNN=ON needs cuDNN 9, cudnn.h and libcudnn (found ${odot_found}); set CUDNN_ROOT "
        "to the folder that holds its include and lib, or choose ODOT_CUDNN=OFF")
    endif()
    target_compile_definitions(odot::gpu INTERFACE ODOT_CUDNN)
    target_include_directories(odot::gpu SYSTEM INTERFACE ${ODOT_CUDNN_INCLUDE})
    target_link_libraries(odot::gpu INTERFACE ${ODOT_CUDNN_LIBRARY})
  endif()
else()
  # Thrust's headers: the CUDA toolkit's, or the distribution's (Debian, Ubuntu: libthrust-dev).
  find_path(ODOT_THRUST_INCLUDE thrust/version.h
    PATHS /usr/local/cuda/include /opt/cuda/include ENV CUDA_PATH PATH_SUFFIXES include cccl include/cccl)
  if(NOT ODOT_THRUST_INCLUDE)
    message(FATAL_ERROR "odot: ODOT_GPU=${ODOT_GPU} needs Thrust's headers (Debian, Ubuntu: libthrust-dev, or any CUDA "
      "toolkit); set ODOT_THRUST_INCLUDE to the folder that holds thrust/version.h")
  endif()
  string(TOUPPER ${ODOT_GPU} odot_system)
  target_compile_definitions(odot::gpu INTERFACE THRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_${odot_system})
  target_include_directories(odot::gpu SYSTEM INTERFACE ${ODOT_THRUST_INCLUDE})
  if(ODOT_GPU STREQUAL "omp")
    find_package(OpenMP REQUIRED COMPONENTS CXX)
    target_link_libraries(odot::gpu INTERFACE OpenMP::OpenMP_CXX)
  endif()
endif()

# odot_gpu_sources(<source>...): compiles them as CUDA where the backend is CUDA.
function(odot_gpu_sources)
  if(ODOT_GPU STREQUAL "cuda")
    set_source_files_properties(${ARGN} PROPERTIES LANGUAGE CUDA)
  endif()
endfunction()
