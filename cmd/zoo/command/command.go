// Package command has the commands of zoo, a file each. A program with recipes
// of its own has them all by
//
//	os.Exit(command.Main(append(zoo.All(), mine)...))
//
// Results go to standard output, progress and what went wrong to standard
// error.
package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"boltzoo/graph"
	"boltzoo/train/data"
	"boltzoo/zoo"
)

// The exit codes.
const (
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130 // as shells have it for a program that ctrl-C ended
)

// app is what the commands share.
type app struct {
	recipes []zoo.Recipe
	out     io.Writer // results
	err     io.Writer // progress and problems
	dataDir string
	threads int
	running bool // the command line was understood
}

// usageError is about what was asked, not about what was done.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Main runs the command line over the recipes and returns the exit code: 0, 1
// for a failure, 2 for wrong usage, 130 after ctrl-C.
func Main(recipes ...zoo.Recipe) int {
	a := &app{recipes: recipes, out: os.Stdout, err: os.Stderr}
	if err := zoo.Check(recipes); err != nil {
		fmt.Fprintln(a.err, err)
		return exitFailure
	}
	err := a.root().Execute()
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled):
		return exitInterrupted // the command has said what there is to say
	}
	fmt.Fprintln(a.err, err)
	if !a.running || errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailure
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "zoo",
		Short:         "Train and use Boltzmann machines and autoencoders that are Gorgonia graphs",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if a.threads < 0 {
				return fmt.Errorf("%s: --threads %d: want at least 0", cmd.CommandPath(), a.threads)
			}
			a.running = true
			graph.SetThreads(a.threads)
			return nil
		},
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.PersistentFlags().StringVar(&a.dataDir, "data-dir", "", "folder of data sets (default: the environment variable ZOO_DATA)")
	root.PersistentFlags().IntVar(&a.threads, "threads", 0, "threads to compute with; 0: one a core")
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		a.list(),
		a.show(),
		a.train(),
		a.eval(),
		a.sample(),
		a.reconstruct(),
		a.interpolate(),
		a.encode(),
		a.export(),
		a.plot(),
		a.data(),
		a.reproduce(),
		a.bench(),
	)
	for _, cmd := range root.Commands() {
		if args := cmd.Args; args != nil {
			cmd.Args = func(cmd *cobra.Command, list []string) error {
				if err := args(cmd, list); err != nil {
					return fmt.Errorf("%s: %w; usage: %s", cmd.CommandPath(), err, cmd.UseLine())
				}
				return nil
			}
		}
	}
	return root
}

// wanted is what the values of flags have to be, by pflag's names of their types.
var wanted = map[string]string{
	"bool":     "true or false",
	"duration": "a duration, as in 90s or 2m",
	"float64":  "a number",
	"int":      "a whole number",
	"uint64":   "a whole number, not below 0",
}

// flagError says what the value of a flag has to be, and adds to an unknown flag
// the one that was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		f := invalid.GetFlag()
		if want, ok := wanted[f.Value.Type()]; ok && !errors.Is(err, strconv.ErrRange) {
			return fmt.Errorf("%s: --%s %q: want %s", cmd.CommandPath(), f.Name, invalid.GetValue(), want)
		}
		return fmt.Errorf("%s: --%s %q: %w", cmd.CommandPath(), f.Name, invalid.GetValue(), errors.Unwrap(invalid))
	}
	name, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !ok {
		return fmt.Errorf("%s: %w", cmd.CommandPath(), err)
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	hint := ""
	if near := zoo.Nearest(name, known); near != "" {
		hint = fmt.Sprintf(" (did you mean --%s?)", near)
	}
	return fmt.Errorf("%s: %w%s; %s --help lists the flags", cmd.CommandPath(), err, hint, cmd.CommandPath())
}

// dataRoot is the folder of data sets, empty where none is named.
func (a *app) dataRoot() (string, error) {
	root, err := data.Root(a.dataDir)
	if err != nil {
		if a.dataDir != "" {
			err = fmt.Errorf("--data-dir: %w", err)
		}
		return "", usageError{err}
	}
	return root, nil
}

// recipe finds a recipe by its name.
func (a *app) recipe(name string) (zoo.Recipe, error) {
	r, err := zoo.Lookup(a.recipes, name)
	if err != nil {
		return r, usageError{err}
	}
	return r, nil
}

// print writes a line of the result.
func (a *app) print(format string, args ...any) error {
	_, err := fmt.Fprintf(a.out, format+"\n", args...)
	return err
}

// printJSON writes v on one line, or indented.
func (a *app) printJSON(v any, indent string) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	return e.Encode(v)
}

// say writes a line about what goes on.
func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.err, format+"\n", args...)
}
