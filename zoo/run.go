package zoo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"

	"boltzoo/graph"
	"boltzoo/models/tagged"
	"boltzoo/train/data"
)

// Run is everything that decided the result of a training, as recipe.json and
// the weights file have it.
type Run struct {
	Recipe  Recipe  `json:"recipe"`         // as it was trained: with all settings, the data that was found, its schedule
	Data    Images  `json:"data"`           // what was trained on
	Init    string  `json:"init,omitempty"` // the sum of the weights that it started from
	Program Program `json:"program"`

	// Products is graph.BF16, or empty for graph.Float32.
	Products graph.Products `json:"products,omitempty"`
}

// products are those of the training.
func (r Run) products() graph.Products {
	if r.Products == "" {
		return graph.Float32
	}
	return r.Products
}

// multiplying is the run with such products.
func (r Run) multiplying(p graph.Products) Run {
	if r.Products = p; p == graph.Float32 {
		r.Products = "" // as runs have it that are older than the choice
	}
	return r
}

// Images tells which pictures were trained on.
type Images struct {
	Name     string `json:"name"`
	BuiltIn  bool   `json:"built_in"` // generated, not real
	Images   int    `json:"images"`
	Height   int    `json:"height"`
	Width    int    `json:"width"`
	Channels int    `json:"channels"`
	Sum      string `json:"sha256"` // of the pixels, one byte each
	Missing  int    `json:"missing,omitempty"`

	// Words are the names of the values of an image, where these are words of a
	// text; nil otherwise.
	Words []string `json:"words,omitempty"`
}

// Pictures tells whether the images can be looked at: a row of words, or of
// coefficients of a sound, cannot.
func (i Images) Pictures() bool { return i.Height > 1 && i.Width > 1 }

// Plane tells whether the examples are points in the plane.
func (i Images) Plane() bool { return i.Height*i.Width*i.Channels == 2 }

func describe(s *data.Images, generated bool) Images {
	return Images{s.Name, generated, s.Len(), s.Height, s.Width, s.Channels, s.Sum, s.Missing, s.Words}
}

// Program tells what trained it.
type Program struct {
	Version  string `json:"version"`            // of the module
	Revision string `json:"revision,omitempty"` // of the source, with "+" if it was changed
	Go       string `json:"go"`
	Machine  string `json:"machine"` // operating system and architecture
}

// program is the one that runs.
func program() Program {
	p := Program{Version: "unknown", Go: runtime.Version(), Machine: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return p
	}
	p.Version = info.Main.Version
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			p.Revision = s.Value + p.Revision
		case s.Key == "vcs.modified" && s.Value == "true":
			p.Revision += "+"
		}
	}
	return p
}

// readRun reads recipe.json.
func readRun(path string) (Run, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Run{}, fmt.Errorf("zoo: %s: this is no run folder: %w", path, err)
	}
	if err != nil {
		return Run{}, fmt.Errorf("zoo: read run: %w", err)
	}
	var r Run
	if err := tagged.Strict(text, &r); err != nil {
		return Run{}, fmt.Errorf("zoo: %s: %w", path, err)
	}
	return r, nil
}

// same tells whether two runs decide the same result.
func (r Run) same(other Run) bool {
	r.Program, other.Program = Program{}, Program{}
	a, errA := json.Marshal(r)
	b, errB := json.Marshal(other)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}
