// Package kernel holds the inner loops of the computation graphs: matrix
// product, convolution, elementwise functions, reductions, the updates of Adam
// and AdaMax and random numbers, all on float32 slices in row-major order.
//
// There are three paths: AVX-512, AVX2 with FMA, and portable Go. The fastest
// one that the processor has is chosen at start. The environment variable
// BOLTZOO_KERNEL=avx512|avx2|portable asks for another. For a name that is none of
// the three, or a path that the processor lacks, CheckPath has an error.
//
// Work is divided among a pool of workers whose size SetThreads sets. Where a sum
// is cut follows from the sizes of the operands alone, and its parts are added in
// one fixed order, so a result has the same bits whatever the number of threads.
// Uniform, Bernoulli and Normal give the same bits on every path too; the other
// kernels may differ between paths by rounding.
//
// SetBF16 has products and convolutions round their factors to bfloat16, on
// processors with AMX, whatever the path. They differ from the definition with
// such factors by the rounding of float32 sums alone.
//
// Kernels may be called from several goroutines. What a call needs beside its
// operands it takes from lists of what calls before it have left, so that
// steady work allocates nothing.
//
// Each kernel has a benchmark, on one thread and on two of every path but the
// portable one. Their lines are for benchstat:
//
//	go test -run - -bench . -count 10 ./graph/internal/kernel > new
//	benchstat old new
//
// BenchmarkGemm and BenchmarkConv, also of rounded factors, report the rate and
// its share of what Peak measures, BenchmarkElementwise the best time for an
// element of 128×500, and BenchmarkOptimizer the bytes moved, beside those of a
// copy. The tests with -short leave out the long statistics of random numbers.
//
// Sizes and slice lengths are the caller's to get right: a kernel panics when
// they do not fit and never reads or writes outside the slices it was given.
package kernel

//go:generate go -C gen run . -part bf16 -pkg kernel -out ../bf16_amd64.s -stubs ../bf16_amd64.go
//go:generate go -C gen run . -part elementwise -pkg kernel -out ../elementwise_amd64.s -stubs ../elementwise_amd64.go
//go:generate go -C gen run . -part gemm -pkg kernel -out ../gemm_amd64.s -stubs ../gemm_amd64.go
//go:generate go -C gen run . -part move -pkg kernel -out ../move_amd64.s -stubs ../move_amd64.go
//go:generate go -C gen run . -part random -pkg kernel -out ../random_amd64.s -stubs ../random_amd64.go
