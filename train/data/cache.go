package data

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// A cache file is a page that says what it holds and the pixels after it, so that they are mapped aligned. The page
// is cacheMagic, the header as JSON, a line feed, and zeros.
const (
	cachePage  = 4096
	cacheMagic = "boltzoo pixels 1\n"
)

// cacheHeader says what the pixels of a cache file are.
type cacheHeader struct {
	Key      string `json:"key"` // SHA-256 of all that decided the pixels: source files and transform
	Count    int    `json:"count"`
	Height   int    `json:"height"`
	Width    int    `json:"width"`
	Channels int    `json:"channels"`
	Sum      string `json:"sum"` // SHA-256 of the pixels
}

// imageSize returns the number of bytes of one image.
func (h cacheHeader) imageSize() int { return h.Height * h.Width * h.Channels }

// encode returns the first page of the file.
func (h cacheHeader) encode() []byte {
	text, err := json.Marshal(h)
	if err != nil {
		panic(err) // strings and integers always encode
	}
	page := make([]byte, cachePage)
	n := copy(page, cacheMagic)
	n += copy(page[n:], text)
	page[n] = '\n'
	return page
}

// decodeCacheHeader reads the first page of a cache file.
func decodeCacheHeader(page []byte) (h cacheHeader, err error) {
	if len(page) < cachePage {
		return h, fmt.Errorf("expected a header of %d bytes, found %d", cachePage, len(page))
	}
	page = page[:cachePage]
	text, ok := bytes.CutPrefix(page, []byte(cacheMagic))
	if !ok {
		return h, fmt.Errorf("offset 0: expected %q, found %q", cacheMagic, page[:len(cacheMagic)])
	}
	text, rest, ok := bytes.Cut(text, []byte("\n"))
	if !ok {
		return h, fmt.Errorf("offset %d: expected a line of JSON, found no end of it", len(cacheMagic))
	}
	if n := len(bytes.TrimLeft(rest, "\x00")); n > 0 {
		return h, fmt.Errorf("offset %d: expected zeros to the end of the header, found %d other bytes", cachePage-n, n)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&h); err != nil {
		return h, fmt.Errorf("offset %d: %w", len(cacheMagic), err)
	}
	return h, nil
}

// A painter writes the pixels of image i into dst. One goroutine uses it.
type painter func(dst []byte, i int) error

// cached returns the pixels that want describes, all but the sum, which it fills in. They come from the file NAME in
// the folder dir, or in the user's cache folder where dir is empty. Where that file is missing, damaged or made
// from something else it is written first, with one painter for each core, and the reason is in the note.
func cached(dir, name string, want *cacheHeader, start func() painter) (pix []byte, release func() error, note string, err error) {
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, nil, "", fmt.Errorf("cache folder: %w", err)
		}
		dir = filepath.Join(user, "boltzoo")
	}
	path := filepath.Join(dir, name)
	pix, release, err = openCache(path, want)
	if err == nil {
		return pix, release, "", nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		note = fmt.Sprintf("made the cache %s anew: %v", path, err)
	}
	if err := writeCache(path, *want, start); err != nil {
		return nil, nil, "", err
	}
	if pix, release, err = openCache(path, want); err != nil {
		return nil, nil, "", fmt.Errorf("cache %s: as just written: %w", path, err)
	}
	return pix, release, note, nil
}

// openCache maps a cache file and checks it against want and against its own sum, which it puts into want. Its
// errors do not name the file.
func openCache(path string, want *cacheHeader) (pix []byte, release func() error, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	page := make([]byte, cachePage)
	n, err := io.ReadFull(f, page)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, nil, err
	}
	found, err := decodeCacheHeader(page[:n])
	if err != nil {
		return nil, nil, err
	}
	stated := found.Sum
	found.Sum = want.Sum
	if found != *want {
		return nil, nil, errors.New("it was made from other files or in another way")
	}
	size := int64(cachePage) + int64(want.Count)*int64(want.imageSize())
	if size > math.MaxInt {
		return nil, nil, fmt.Errorf("%d bytes are more than this machine can address", size)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.Size() != size {
		return nil, nil, fmt.Errorf("expected %d bytes, found %d", size, info.Size())
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, nil, err
	}
	content, unmap, err := mapped(f, int(size))
	if err != nil {
		return nil, nil, err
	}
	pix = content[cachePage:]
	if s := sum(pix); s != stated {
		err = fmt.Errorf("expected pixels of SHA-256 %s, found %s", stated, s)
		if unmap != nil {
			err = errors.Join(err, unmap())
		}
		return nil, nil, err
	}
	want.Sum = stated
	if unmap != nil {
		release = sync.OnceValue(unmap)
	}
	return pix, release, nil
}

// cacheChunk is how many images a goroutine decodes between two writes: enough that the writes cost nothing.
const cacheChunk = 32

// writeCache decodes all images into a file beside path and renames it to path when it is complete and on disk.
func writeCache(path string, h cacheHeader, start func() painter) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("cache folder: %w", err)
	}
	removeStale(path)
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	size := h.imageSize()
	err = parallel((h.Count+cacheChunk-1)/cacheChunk, func() func(int) error {
		paint := start()
		buffer := make([]byte, cacheChunk*size)
		return func(chunk int) error {
			first := chunk * cacheChunk
			n := min(cacheChunk, h.Count-first)
			for i := range n {
				if err := paint(buffer[i*size:(i+1)*size], first+i); err != nil {
					return err
				}
			}
			if _, err := f.WriteAt(buffer[:n*size], cachePage+int64(first)*int64(size)); err != nil {
				return fmt.Errorf("cache: %w", err)
			}
			return nil
		}
	})
	if err != nil {
		return err
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(f, cachePage, int64(h.Count)*int64(size))); err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	h.Sum = hex.EncodeToString(hash.Sum(nil))
	if _, err := f.WriteAt(h.encode(), 0); err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	return nil
}

// removeStale removes what runs that were killed while they wrote this cache have left. A file that was written to
// within the hour may belong to a run that is still at it.
func removeStale(path string) {
	left, err := filepath.Glob(path + ".*.tmp")
	if err != nil {
		return // the folder's name has a pattern in it; what is left there is only space
	}
	for _, name := range left {
		if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > time.Hour {
			os.Remove(name) // what cannot be removed is only space
		}
	}
}

// key returns the SHA-256 in hexadecimal of a sequence of strings.
func key(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}
