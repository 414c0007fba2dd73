package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"boltzoo/zoo"
)

// benched runs zoo bench.
func benched(t *testing.T, args ...string) (out, said string, err error) {
	t.Helper()
	var o, e bytes.Buffer
	a := &app{recipes: zoo.All(), out: &o, err: &e}
	root := a.root()
	root.SetArgs(append([]string{"bench"}, args...))
	err = root.Execute()
	return o.String(), e.String(), err
}

// As JSON a report has exactly these fields; a part that was not asked for is
// an empty list.
func TestBenchAsJSON(t *testing.T) {
	fields := map[string][]string{
		"gemm":        {"fraction", "gflops", "op", "shape", "threads"},
		"conv":        {"fraction", "gflops", "layer", "pass", "threads"},
		"elementwise": {"ns", "op", "threads", "ulp"},
		"steps":       {"alloc_bytes", "bare_ms", "images_per_s", "ms", "name", "ratio"},
		"input":       {"images_per_s", "name"},
		"growth":      {"batch", "ms_per_image", "name", "ratio"},
		"memory":      {"begin_mb", "end_mb", "name", "steps"},
	}
	for _, only := range []string{"gemm", "conv", "elementwise", "steps"} {
		out, said, err := benched(t, "--quick", "--json", "--only", only, "--step", "rbm-784-500,mnist-dbn-encode-1")
		if err != nil {
			t.Fatal(err)
		}
		var report map[string]json.RawMessage
		if err := json.Unmarshal([]byte(out), &report); err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
		if want := append(slices.Collect(maps.Keys(fields)), "machine", "products"); len(report) != len(want) {
			t.Errorf("the report has %v, want %v", slices.Sorted(maps.Keys(report)), want)
		}
		var machine map[string]any
		if err := json.Unmarshal(report["machine"], &machine); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"cpu", "cores", "threads", "path", "fma_gflops_1", "copy_gb_s_1", "copy_gb_s"} {
			if machine[name] == nil {
				t.Errorf("the machine %s has no %s", report["machine"], name)
			}
		}
		for part, want := range fields {
			var list []map[string]any
			if err := json.Unmarshal(report[part], &list); err != nil || list == nil || (len(list) > 0) != (part == only) {
				t.Errorf("--only %s: %s is %.80s (%v)", only, part, report[part], err)
				continue
			}
			for _, entry := range list {
				delete(entry, "fraction")
				want := slices.DeleteFunc(slices.Clone(want), func(name string) bool { return name == "fraction" })
				if got := slices.Sorted(maps.Keys(entry)); !slices.Equal(got, want) {
					t.Errorf("%s has %v, want %v", part, got, want)
				}
			}
		}
		if said == "" {
			t.Error("nothing was said on the way")
		}
	}
}

func TestBenchAsTables(t *testing.T) {
	out, said, err := benched(t, "--quick", "--only", "steps", "--step", "mnist-dbn-encode-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"limits: ", "STEP", "PRODUCTS ALONE", "mnist-dbn-encode-1"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "GROWTH") || strings.Contains(said, "rbm-784-500") {
		t.Errorf("more than was asked for:\n%s%s", said, out)
	}
}

func TestBenchUsage(t *testing.T) {
	for want, args := range map[string][]string{
		`no section "gem" (did you mean gemm?): want some of gemm, conv, elementwise, steps, input, growth`: {"--only", "conv,gem"},
		`no step "celeba-db" (did you mean celeba-dbn?)`:                                                    {"--step", "celeba-db"},
		`unknown flag: --onli (did you mean --only?)`:                                                       {"--onli", "gemm"},
	} {
		_, _, err := benched(t, args...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", args, err, want)
		}
		var usage usageError
		if args[0] != "--onli" && !errors.As(err, &usage) {
			t.Errorf("%v: %T is not about usage", args, err)
		}
	}
}

func TestBenchExports(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "steps")
	if _, _, err := benched(t, "--quick", "--export", folder, "--step", "autoencoder-784-512-256-128-64-32"); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 1 || files[0].Name() != "autoencoder-784-512-256-128-64-32.safetensors" {
		t.Errorf("%v, %v", files, err)
	}
}
