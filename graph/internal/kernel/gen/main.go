// Command gen writes the assembly of package kernel:
//
//	go run . -part gemm -pkg kernel -out ../gemm_amd64.s -stubs ../gemm_amd64.go
//
// It is a module of its own, so that the packages it needs are no dependency of
// the product.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/mmcloughlin/avo/build"
)

func main() {
	parts := map[string]func(c *build.Context){
		"bf16":        bf16,
		"elementwise": elementwise,
		"gemm":        gemm,
		"move":        move,
		"random":      random,
	}
	set := flag.NewFlagSet("gen", flag.ExitOnError)
	flags := build.NewFlags(set)
	part := set.String("part", "", "what to write")
	set.Parse(os.Args[1:]) // exits on an error
	write, ok := parts[*part]
	if !ok {
		fmt.Fprintf(os.Stderr, "gen: no part is named %q\n", *part)
		os.Exit(2)
	}
	c := build.NewContext()
	c.ConstraintExpr("amd64")
	write(c)
	os.Exit(build.Main(flags.Config(), c))
}
