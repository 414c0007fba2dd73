package report

import (
	"errors"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWritePNG(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "samples.png")
	for _, older := range []string{path, filepath.Join(dir, ".samples.png.tmp")} {
		if err := os.WriteFile(older, make([]byte, 10000), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m := image.NewRGBA(image.Rect(0, 0, 3, 2))
	for i := range m.Pix {
		m.Pix[i] = uint8(40 * i)
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	if err := WritePNG(path, m); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if got.Bounds() != m.Rect {
		t.Fatalf("the picture is %v", got.Bounds())
	}
	for y := range 2 {
		for x := range 3 {
			if c := color.RGBAModel.Convert(got.At(x, y)); c != m.RGBAAt(x, y) {
				t.Errorf("pixel %d,%d: got %v, want %v", x, y, c, m.RGBAAt(x, y))
			}
		}
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 {
		t.Errorf("the folder has %v, %v", list, err)
	}
}

// An error names the path, leaves nothing beside it, and leaves what was there.
func TestWritePNGErrors(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 2, 2))
	dir := t.TempDir()
	missing := filepath.Join(dir, "no", "x.png")
	err := WritePNG(missing, m)
	if !errors.Is(err, fs.ErrNotExist) || err.Error() != "report: write "+missing+": no such file or directory" {
		t.Errorf("got %v", err)
	}
	folder := filepath.Join(dir, "folder.png")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := WritePNG(folder, m); err == nil || !strings.HasPrefix(err.Error(), "report: write "+folder+": ") {
		t.Errorf("got %v", err)
	}
	old := filepath.Join(dir, "old.png")
	if err := os.WriteFile(old, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	// package png refuses a picture without pixels
	if err := WritePNG(old, image.NewRGBA(image.Rectangle{})); err == nil || !strings.Contains(err.Error(), old) {
		t.Errorf("got %v", err)
	}
	if b, err := os.ReadFile(old); err != nil || string(b) != "old" {
		t.Errorf("the old file holds %q, %v", b, err)
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 2 {
		t.Errorf("the folder has %v, %v", list, err)
	}
}
