package data

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// counted is a source of n images of 2x3x1 that counts how often one is decoded.
type counted struct {
	n       int
	decoded atomic.Int64
	fail    int // this image and those after it cannot be decoded, where it is above 0
}

func (c *counted) header(k string) cacheHeader {
	return cacheHeader{Key: k, Count: c.n, Height: 2, Width: 3, Channels: 1}
}

func (c *counted) start() painter {
	return func(dst []byte, i int) error {
		if c.fail > 0 && i >= c.fail {
			return fmt.Errorf("image %d is damaged", i)
		}
		c.decoded.Add(1)
		copy(dst, c.image(i))
		return nil
	}
}

func (c *counted) image(i int) []byte {
	b := byte(i)
	return []byte{b, b ^ 1, b ^ 2, byte(i >> 8), 7, 255 - b}
}

// check opens the cache and compares every pixel.
func (c *counted) check(t *testing.T, dir, k string) (note string) {
	t.Helper()
	h := c.header(k)
	pix, release, note, err := cached(dir, "x.pixels", &h, c.start)
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.n {
		if !bytes.Equal(pix[6*i:6*i+6], c.image(i)) {
			t.Fatalf("image %d is %v, expected %v", i, pix[6*i:6*i+6], c.image(i))
		}
	}
	if len(pix) != 6*c.n || h.Sum != sum(pix) {
		t.Errorf("%d bytes, sum %s", len(pix), h.Sum)
	}
	if release != nil {
		if err := release(); err != nil {
			t.Error(err)
		}
		if err := release(); err != nil {
			t.Errorf("released twice: %v", err)
		}
	}
	return note
}

func TestCacheDecodesOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "when", "needed")
	c := &counted{n: 1000}
	for range 3 {
		if note := c.check(t, dir, "k"); note != "" {
			t.Errorf("note %q", note)
		}
	}
	if c.decoded.Load() != 1000 {
		t.Errorf("decoded %d images, expected 1000", c.decoded.Load())
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("the folder has %v (%v), expected one file", files, err)
	}
}

func TestCacheIsMadeAnew(t *testing.T) {
	edit := func(change func([]byte) []byte) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, change(content), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		damage func(t *testing.T, path string)
		key    string
		reason string
	}{
		"truncated":           {edit(func(b []byte) []byte { return b[:len(b)-1] }), "k", "expected 4696 bytes, found 4695"},
		"longer":              {edit(func(b []byte) []byte { return append(b, 0) }), "k", "expected 4696 bytes, found 4697"},
		"truncated in header": {edit(func(b []byte) []byte { return b[:100] }), "k", "expected a header of 4096 bytes, found 100"},
		"empty":               {edit(func(b []byte) []byte { return nil }), "k", "found 0"},
		"a pixel":             {edit(func(b []byte) []byte { b[cachePage+77] ^= 4; return b }), "k", "SHA-256"},
		"the sum":             {edit(func(b []byte) []byte { return bytes.Replace(b, []byte(`"sum":"`), []byte(`"sum":"0`), 1)[:len(b)] }), "k", ""},
		"another format":      {edit(func(b []byte) []byte { return []byte(strings.Repeat("something else ", 400)) }), "k", `found "something else`},
		"another version":     {edit(func(b []byte) []byte { return bytes.Replace(b, []byte("pixels 1"), []byte("pixels 2"), 1) }), "k", "boltzoo pixels 2"},
		"other sources":       {func(*testing.T, string) {}, "other", "other files"},
		"a folder": {func(t *testing.T, path string) {
			if err := errors.Join(os.Remove(path), os.Symlink(os.TempDir(), path)); err != nil {
				t.Fatal(err)
			}
		}, "k", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := &counted{n: 100}
			s.check(t, dir, "k")
			c.damage(t, filepath.Join(dir, "x.pixels"))
			note := s.check(t, dir, c.key)
			if !strings.Contains(note, c.reason) || !strings.Contains(note, "x.pixels") {
				t.Errorf("note %q, expected %q", note, c.reason)
			}
			if s.decoded.Load() != 200 {
				t.Errorf("decoded %d images, expected 200", s.decoded.Load())
			}
			if note := s.check(t, dir, c.key); note != "" {
				t.Errorf("then it is still not right: %s", note)
			}
		})
	}
}

// The first image that fails is the one that is told, whatever the number of cores, and nothing is left behind.
func TestCacheTellsTheFirstFailure(t *testing.T) {
	for _, cores := range []int{1, 2, 8} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		dir := t.TempDir()
		c := &counted{n: 5000, fail: 1234}
		h := c.header("k")
		_, _, _, err := cached(dir, "x.pixels", &h, c.start)
		expectError(t, err, "image 1234 is damaged")
		if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
			t.Errorf("%d cores: left behind: %v (%v)", cores, files, err)
		}
	}
}

func TestCacheUnwritable(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string][]byte{"file": []byte("x")})
	c := &counted{n: 10}
	h := c.header("k")
	_, _, _, err := cached(filepath.Join(dir, "file"), "x.pixels", &h, c.start)
	expectError(t, err, "cache", filepath.Join(dir, "file"))
	if os.Getuid() == 0 {
		return // root may write everywhere
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	_, _, _, err = cached(dir, "x.pixels", &h, c.start)
	expectError(t, err, "cache", dir, "permission denied")
}

func TestCacheRemovesStaleFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string][]byte{"x.pixels.1.tmp": nil, "x.pixels.2.tmp": nil, "y.pixels.1.tmp": nil})
	old := time.Now().Add(-2 * time.Hour)
	for _, name := range []string{"x.pixels.1.tmp", "y.pixels.1.tmp"} {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	(&counted{n: 1}).check(t, dir, "k")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	if got := strings.Join(names, " "); got != "x.pixels x.pixels.2.tmp y.pixels.1.tmp" {
		t.Errorf("the folder has %s", got)
	}
}

func TestKeyTellsPartsApart(t *testing.T) {
	if key("a", "bc") == key("ab", "c") || key("a") == key("a", "") {
		t.Error("different parts have one key")
	}
}

func FuzzCacheHeader(f *testing.F) {
	h := cacheHeader{Key: key("k"), Count: 3, Height: 64, Width: 64, Channels: 3, Sum: sum(nil)}
	f.Add(h.encode())
	f.Add(h.encode()[:200])
	f.Add(bytes.Replace(h.encode(), []byte(`"count":3`), []byte(`"count":-3,"x":1`), 1))
	f.Fuzz(func(t *testing.T, page []byte) {
		h, err := decodeCacheHeader(page)
		if err != nil || len(h.Key)+len(h.Sum) > 1000 {
			return
		}
		again, err := decodeCacheHeader(h.encode())
		if err != nil || again != h {
			t.Errorf("%+v, encoded and decoded, is %+v (%v)", h, again, err)
		}
	})
}
