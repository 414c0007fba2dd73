// Command zoo trains the recipes of the zoo and uses what was trained:
//
//	zoo list
//	zoo train celeba-dbn
//	zoo sample runs/celeba-dbn
//
// zoo help tells the rest.
package main

import (
	"os"

	"boltzoo/cmd/zoo/command"
	"boltzoo/zoo"
)

func main() {
	os.Exit(command.Main(zoo.All()...))
}
