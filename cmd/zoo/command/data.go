package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"boltzoo/train/data"
	"boltzoo/zoo"
)

func (a *app) data() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "List and check data sets",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usageError{fmt.Errorf("zoo data: want a command: list or verify")}
		},
	}
	cmd.AddCommand(a.dataList(), a.dataVerify())
	return cmd
}

// listedSet is a data set in a list, for programs.
type listedSet struct {
	data.Set
	Folder  string `json:"folder,omitempty"` // where it is, if it is there
	BuiltIn bool   `json:"built_in"`
}

func (a *app) dataList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the data sets, and where they are",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			root, err := a.dataRoot()
			if err != nil {
				return err
			}
			var all []listedSet
			for _, s := range data.Sets() {
				dir, err := data.Locate(root, s.Name)
				if err != nil && !errors.Is(err, data.ErrNotFound) {
					return err
				}
				all = append(all, listedSet{Set: s, Folder: dir})
			}
			all = append(all,
				listedSet{Set: data.Set{Name: "faces", Title: "drawn faces of any number and size, in colour"}, BuiltIn: true},
				listedSet{Set: data.Set{Name: "digits", Title: "drawn digits of any number, 28x28, grey"}, BuiltIn: true},
				listedSet{Set: data.Set{Name: "spiral", Title: "points near a spiral in the plane, of any number"}, BuiltIn: true})
			if asJSON {
				return a.printJSON(all, "  ")
			}
			w := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
			fmt.Fprintln(w, "SET\tWHERE\tABOUT")
			for _, s := range all {
				where := s.Folder
				switch {
				case s.BuiltIn:
					where = "built in"
				case where == "":
					where = "not there"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\n", s.Name, where, s.Title)
				if s.Source != "" && s.Folder == "" {
					fmt.Fprintf(w, "\t\t%s\n", s.Source)
				}
			}
			if root == "" {
				fmt.Fprintln(w, "\nname the folder of data sets with --data-dir or ZOO_DATA")
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) dataVerify() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify [SET…]",
		Short: "Compare the files of data sets with those published",
		Long:  "Compare the files of data sets, of all that are there unless some are named, with those published.",
		RunE: func(_ *cobra.Command, sets []string) error {
			root, err := a.dataRoot()
			if err != nil {
				return err
			}
			if len(sets) == 0 {
				for _, s := range data.Sets() {
					if _, err := data.Locate(root, s.Name); err == nil {
						sets = append(sets, s.Name)
					}
				}
				if len(sets) == 0 {
					return fmt.Errorf("zoo data verify: no data set is there: name their folder with --data-dir or ZOO_DATA")
				}
			}
			var known []string
			for _, s := range data.Sets() {
				known = append(known, s.Name)
			}
			for _, set := range sets {
				if !slices.Contains(known, set) {
					return usageError{fmt.Errorf("zoo data verify: no data set %q%s: want some of %s", set, zoo.DidYouMean(set, known), strings.Join(known, ", "))}
				}
			}
			found := map[string][]data.FileStatus{}
			problems := 0
			for _, set := range sets {
				files, err := data.Verify(root, set)
				if err != nil {
					return err
				}
				found[set] = files
				for _, f := range files {
					if f.Problem != "" {
						problems++
					}
					if !asJSON {
						if err := a.printStatus(set, f); err != nil {
							return err
						}
					}
				}
			}
			if asJSON {
				if err := a.printJSON(found, "  "); err != nil {
					return err
				}
			}
			if problems > 0 {
				return fmt.Errorf("zoo data verify: %d files are not as published", problems)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) printStatus(set string, f data.FileStatus) error {
	switch {
	case f.Problem != "":
		return a.print("%s  %s  %s", set, f.Name, f.Problem)
	case f.Images > 0:
		return a.print("%s  %s  whole, %d examples", set, f.Name, f.Images)
	}
	return a.print("%s  %s  as published", set, f.Name)
}
