#pragma once
// SPDX-License-Identifier: MIT
// Version and the few compiler-dependent spellings. The only header of odot that defines macros.

#define ODOT_VERSION_MAJOR 0
#define ODOT_VERSION_MINOR 1
#define ODOT_VERSION_PATCH 0
#define ODOT_VERSION_STRING "0.1.0"

// Clang defines no macro for -funsafe-math-optimizations and -fassociative-math, nor for one of -fno-honor-nans and
// -fno-honor-infinities without the other: there they are not noticed.
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || \
    defined(__ASSOCIATIVE_MATH__) || defined(_M_FP_FAST)
#error \
    "odot can't be compiled with -ffast-math, -Ofast, -ffinite-math-only, -funsafe-math-optimizations or -fassociative-math (icpx: add -fp-model=precise): it rounds on purpose and knows divergence by NaN. Compile what includes odot without them; -fno-math-errno, -fno-trapping-math and -fno-signed-zeros are harmless."
#endif

// The library odot::compiled has the functions that are no templates, and for float and double the templates that
// depend on nothing else. Its CMake target defines ODOT_COMPILED, the number below of the flags that it was compiled
// with: functions compiled for other SIMD widths would have the same symbols. What nvcc compiles is headers alone.

/// The widest instructions that this unit may use; 100 more with OpenMP.
#ifdef EIGEN_DONT_VECTORIZE
#define ODOT_INSTRUCTIONS 9
#elif defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#define ODOT_INSTRUCTIONS 6
#elif defined(__AVX512F__)
#define ODOT_INSTRUCTIONS 5
#elif defined(__AVX2__) && defined(__FMA__)
#define ODOT_INSTRUCTIONS 4
#elif defined(__AVX2__)
#define ODOT_INSTRUCTIONS 8
#elif defined(__AVX__) && defined(__FMA__)
#define ODOT_INSTRUCTIONS 7
#elif defined(__AVX__)
#define ODOT_INSTRUCTIONS 3
#elif defined(__SSE4_2__)
#define ODOT_INSTRUCTIONS 2
#elif defined(__SSE3__)
#define ODOT_INSTRUCTIONS 1
#else
#define ODOT_INSTRUCTIONS 0
#endif
#ifdef _OPENMP
#define ODOT_FLAGS (ODOT_INSTRUCTIONS + 100)
#else
#define ODOT_FLAGS ODOT_INSTRUCTIONS
#endif

/// Whether products of matrices go to the user's BLAS (<cblas.h>, OpenBLAS is tested): set to 1 by whoever links one.
#ifndef ODOT_BLAS
#define ODOT_BLAS 0
#endif

#if defined(ODOT_COMPILED) && !defined(__CUDACC__)
#if ODOT_BLAS
#error "odot::compiled has products of its own: link odot::blas or odot::compiled, not both."
#endif
#if ODOT_COMPILED != ODOT_FLAGS
#error \
    "odot::compiled was compiled for another instruction set, or with -fopenmp where this unit is without: give both the same -march and -fopenmp (odot's build takes CMAKE_CXX_FLAGS), or link odot::odot, the headers alone."
#endif
#define ODOT_HAS_LIBRARY 1
#define ODOT_FUNCTION
#else
#define ODOT_HAS_LIBRARY 0
#define ODOT_FUNCTION inline
#endif

/// ODOT_FUNCTION comes before a function that is not a template; its definition in #if ODOT_DEFINITIONS.
/// ODOT_INSTANTIATION comes before "template", in #if ODOT_HAS_LIBRARY: the library's own source makes these
/// instantiations.
#if ODOT_HAS_LIBRARY && !defined(ODOT_COMPILING)
#define ODOT_DEFINITIONS 0
#define ODOT_INSTANTIATION extern
#else
#define ODOT_DEFINITIONS 1
#define ODOT_INSTANTIATION
#endif

/// Before a function that is called only a few times in a run, or to report an error: compiled for size, not for speed.
#if defined(__GNUC__) || defined(__clang__)
#define ODOT_COLD __attribute__((cold))
#else
#define ODOT_COLD
#endif

#if defined(__GNUC__) || defined(__clang__)
#define ODOT_RESTRICT __restrict__
#define ODOT_INLINE inline __attribute__((always_inline))
#define ODOT_FLATTEN __attribute__((flatten))  // what the function calls is expanded in it
#define ODOT_NOINLINE __attribute__((noinline))
#else
#define ODOT_RESTRICT
#define ODOT_INLINE inline
#define ODOT_FLATTEN
#define ODOT_NOINLINE
#endif

/// Marks entities that are the same in all shared libraries of a program, even where their other symbols are hidden:
/// exceptions, which one throws and another catches, and settings of a thread.
#if (defined(__GNUC__) || defined(__clang__)) && !defined(_WIN32)
#define ODOT_SHARED __attribute__((visibility("default")))
#else
#define ODOT_SHARED
#endif

/// After a member function: its result refers to the object. Clang warns if a view of a temporary gets a name.
#if defined(__clang__) && !defined(__CUDACC__)
#define ODOT_LIFETIMEBOUND [[clang::lifetimebound]]
#else
#define ODOT_LIFETIMEBOUND
#endif

// A GPU's part of a file is compiled without exceptions; what is thrown is thrown on the host.
#if !defined(__cpp_exceptions) && !defined(__CUDA_ARCH__)
#error "odot needs exceptions: compile the files that include it without -fno-exceptions, and catch odot::Error there"
#endif

/// At the start of a block: its sums are not regrouped, whatever the compiler is allowed. (Clang defines no macro for
/// -funsafe-math-optimizations or -fassociative-math alone, so that they can't be refused above.)
#if defined(__clang__) && !defined(__CUDACC__)
#define ODOT_KEEP_ORDER _Pragma("clang fp reassociate(off)")
#else
#define ODOT_KEEP_ORDER
#endif

/// Marks functions that also run on a GPU.
#ifdef __CUDACC__
#define ODOT_HOST_DEVICE __host__ __device__
#else
#define ODOT_HOST_DEVICE
#endif

/// Before a template marked ODOT_HOST_DEVICE that calls functions of its arguments, which may be for the host only.
#ifdef __CUDACC__
#define ODOT_ANY_CALLEE _Pragma("nv_exec_check_disable")
#else
#define ODOT_ANY_CALLEE
#endif

/// Before a loop of constant length on a GPU: its numbers stay in registers.
#ifdef __CUDACC__
#define ODOT_UNROLL _Pragma("unroll")
#else
#define ODOT_UNROLL
#endif

/// Whether the compiler shuffles vectors of any length. (nvcc, which compiles the CPU's kernels for the host too, is
/// not asked.)
#define ODOT_SHUFFLE 0
#if defined(__has_builtin) && !defined(__CUDACC__)
#if __has_builtin(__builtin_shufflevector)
#undef ODOT_SHUFFLE
#define ODOT_SHUFFLE 1
#endif
#endif

/// Whether the compiler converts the numbers of a vector to another type.
#define ODOT_CONVERT 0
#if defined(__has_builtin) && !defined(__CUDACC__)
#if __has_builtin(__builtin_convertvector)
#undef ODOT_CONVERT
#define ODOT_CONVERT 1
#endif
#endif

namespace odot {

/// False when the translation unit was compiled without optimisation. Such a build is 20 to 100 times slower;
/// programs that print timings should say so.
#if defined(__OPTIMIZE__) || (defined(_MSC_VER) && !defined(_DEBUG))
inline constexpr bool optimized_build = true;
#else
inline constexpr bool optimized_build = false;
#endif

}  // namespace odot
