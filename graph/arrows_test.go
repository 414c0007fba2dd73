package graph_test

import (
	"os/exec"
	"strings"
	"testing"
)

// Imports go one way, cmd → zoo → train → models → graph → Gorgonia, and the
// readers of data know no graph.
func TestImportsGoOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "boltzoo/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	level := func(pkg string) int {
		for i, top := range []string{"graph", "models", "train", "zoo", "cmd"} {
			if rest, ok := strings.CutPrefix(pkg, "boltzoo/"+top); ok && (rest == "" || rest[0] == '/') {
				return i
			}
		}
		return -1
	}
	packages := 0
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		packages++
		for _, imported := range strings.Fields(imports) {
			if level(imported) > level(pkg) {
				t.Errorf("%s imports %s, which is above it", pkg, imported)
			}
			if strings.HasPrefix(imported, "gorgonia.org/") && level(pkg) != 0 {
				t.Errorf("%s imports %s; only graph may", pkg, imported)
			}
			if strings.HasPrefix(pkg, "boltzoo/train/data") && level(imported) >= 0 && !strings.HasPrefix(imported, "boltzoo/train/data") {
				t.Errorf("%s imports %s; it knows no graph", pkg, imported)
			}
			if strings.HasPrefix(imported, "gonum.org/v1/plot") && pkg != "boltzoo/zoo/report" {
				t.Errorf("%s imports %s; only zoo/report draws", pkg, imported)
			}
		}
	}
	if packages < 5 {
		t.Errorf("go list names %d packages only", packages)
	}
}
