package data

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Folder reads any folder of PNG, JPEG and GIF images. Either all of them lie in dir itself, or all in its
// sub-folders, one level down: each sub-folder is then a class, numbered in the order of their names. Other files and
// names that begin with a dot are passed over.
//
// With a size above 0, the largest square in the middle of each image is resampled to size x size; with size 0 the
// images are taken as they are and must be of one size. They have one channel if every file is grey, otherwise
// three; transparency shows black; an animation gives its first frame; the orientation that a camera notes beside
// the picture is not applied.
//
// A hash of its name relative to dir puts each image in a split: Train has 90, Validation 5 and Test 5 of a hundred.
//
// A folder of few images may have none in Validation or Test: ErrEmptySplit.
//
// The decoded images are kept in a file in the folder cache, by default boltzoo in the user's cache folder, and
// made anew when a file of the set has another size or time of change.
func Folder(dir string, size int, split Split, cache string) (*Images, error) {
	s, err := readFolder(dir, size, split, cache)
	if err != nil {
		return nil, fmt.Errorf("data: folder: %w", err)
	}
	return s, nil
}

func readFolder(dir string, size int, split Split, cache string) (*Images, error) {
	if size < 0 {
		return nil, fmt.Errorf("expected a size of 0 or more, found %d", size)
	}
	if split < Train || split > All {
		return nil, fmt.Errorf("unknown split %v", split)
	}
	list, err := listFolder(dir)
	if err != nil {
		return nil, err
	}
	shape, err := list.shape(size)
	if err != nil {
		return nil, err
	}
	s := &Images{
		Name: filepath.Base(filepath.Clean(dir)), Height: shape.Y, Width: shape.X, Channels: list.channels(),
		Classes: list.classes, Note: list.note(),
	}
	identity := []string{"folder", strconv.Itoa(size)}
	for _, f := range list.files {
		if split != All && splitOf(f.name) != split {
			continue
		}
		s.Files = append(s.Files, f.name)
		if list.classes != nil {
			s.Labels = append(s.Labels, f.class)
		}
		identity = append(identity, f.name, f.identity)
	}
	if len(s.Files) == 0 {
		return nil, fmt.Errorf("%s: %w: none of its %d images is in the split %v", dir, ErrEmptySplit, len(list.files), split)
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	place := key(absolute, strconv.Itoa(size), split.String())
	h := cacheHeader{Key: key(identity...), Count: len(s.Files), Height: s.Height, Width: s.Width, Channels: s.Channels}
	var part partOf
	if size > 0 {
		part = centre
	}
	pix, release, note, err := cached(cache, fmt.Sprintf("folder-%d-%v-%.16s.pixels", size, split, place), &h, func() painter {
		c := newCanvas(s.Height, s.Width, s.Channels)
		return func(dst []byte, i int) error {
			return c.paintFile(dst, filepath.Join(dir, filepath.FromSlash(s.Files[i])), part)
		}
	})
	if err != nil {
		return nil, err
	}
	s.Pix, s.Sum, s.release = pix, h.Sum, release
	s.Note = joinNotes(s.Note, note)
	return s, nil
}

// Files reads image files of any size and resamples the largest part of the right proportions in the middle of each
// to height x width. Channels is 1, which takes the luma of colour, or 3. Nothing is cached.
func Files(paths []string, height, width, channels int) (*Images, error) {
	return readFiles(paths, height, width, channels, centre)
}

// readFiles takes of each file the part that part says.
func readFiles(paths []string, height, width, channels int, part partOf) (*Images, error) {
	if height < 1 || width < 1 || (channels != 1 && channels != 3) {
		return nil, fmt.Errorf("data: files: expected a height and width above 0 and 1 or 3 channels, found %dx%dx%d", height, width, channels)
	}
	s := &Images{Name: "files", Height: height, Width: width, Channels: channels, Files: slices.Clone(paths)}
	s.Pix = make([]byte, len(paths)*s.Size())
	err := parallel(len(paths), func() func(int) error {
		c := newCanvas(height, width, channels)
		return func(i int) error {
			return c.paintFile(s.Pix[i*s.Size():(i+1)*s.Size()], paths[i], part)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("data: files: %w", err)
	}
	s.Sum = sum(s.Pix)
	return s, nil
}

// partOf is the part of an image with bounds r that is scaled to a size.
type partOf func(r image.Rectangle, size image.Point) image.Rectangle

// paintFile decodes a part of an image file into dst, or, where part is nil, all of it, which must have the size of
// the canvas.
func (c *canvas) paintFile(dst []byte, path string, part partOf) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	img, err := decodeImage(content)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	r := img.Bounds()
	if part != nil {
		r = part(r, image.Pt(c.width, c.height))
	} else if r.Dx() != c.width || r.Dy() != c.height {
		return fmt.Errorf("%s: expected %dx%d pixels, found %dx%d", path, c.width, c.height, r.Dx(), r.Dy())
	}
	c.paint(dst, img, r)
	return nil
}

// folderFile is an image file of a folder.
type folderFile struct {
	name     string // relative to the folder, with slashes
	class    byte
	identity string // changes when the file does
	config   image.Config
}

// folderList is what a folder holds.
type folderList struct {
	dir     string
	files   []folderFile // in the order of their names
	classes []string     // nil without sub-folders
	skipped []string
}

// listFolder reads the names and the headers of the images of a folder.
func listFolder(dir string) (*folderList, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	if err != nil {
		return nil, err
	}
	list := &folderList{dir: dir}
	var folders []string
	for _, e := range entries {
		folder, err := list.add(e, "", 0)
		if err != nil {
			return nil, err
		}
		if folder {
			folders = append(folders, e.Name())
		}
	}
	top := len(list.files)
	for _, folder := range folders {
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil {
			return nil, err
		}
		before, class := len(list.files), len(list.classes)
		for _, e := range entries {
			deeper, err := list.add(e, folder, class)
			if err != nil {
				return nil, err
			}
			if deeper {
				return nil, fmt.Errorf("%s: expected images or one level of folders, found the folder %s", dir, filepath.Join(folder, e.Name()))
			}
		}
		if len(list.files) > before {
			list.classes = append(list.classes, folder)
		}
	}
	if len(list.files) == 0 {
		return nil, fmt.Errorf("%s: expected PNG, JPEG or GIF images, found none among %d files", dir, len(list.skipped))
	}
	if top > 0 && list.classes != nil {
		return nil, fmt.Errorf("%s: expected images either here or in sub-folders, found both: %s and %s", dir, list.files[0].name, list.files[top].name)
	}
	if len(list.classes) > 256 {
		return nil, fmt.Errorf("%s: expected at most 256 classes, found %d sub-folders with images", dir, len(list.classes))
	}
	err = parallel(len(list.files), func() func(int) error {
		return func(i int) error { return list.stat(&list.files[i]) }
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// add puts one entry of the folder or of its sub-folder into the list, and reports whether it is a folder.
func (l *folderList) add(e fs.DirEntry, sub string, class int) (folder bool, err error) {
	if strings.HasPrefix(e.Name(), ".") || e.Name() == "__MACOSX" {
		return false, nil
	}
	name := e.Name()
	if sub != "" {
		name = sub + "/" + name
	}
	directory := e.IsDir()
	if e.Type()&fs.ModeSymlink != 0 {
		info, err := os.Stat(filepath.Join(l.dir, filepath.FromSlash(name)))
		if err != nil {
			return false, err
		}
		directory = info.IsDir()
	}
	if directory {
		return true, nil
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".png", ".jpg", ".jpeg", ".gif":
		l.files = append(l.files, folderFile{name: name, class: byte(class)})
	default:
		l.skipped = append(l.skipped, name)
	}
	return false, nil
}

// stat reads the size, the time of change and the image header of a file.
func (l *folderList) stat(f *folderFile) error {
	path := filepath.Join(l.dir, filepath.FromSlash(f.name))
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return fmt.Errorf("%s: expected an image, found a file of 0 bytes", path)
	}
	f.identity = fmt.Sprint(info.Size(), info.ModTime().UnixMicro())
	f.config, err = imageConfig(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// shape returns the size that all images will have, given the size asked for.
func (l *folderList) shape(size int) (image.Point, error) {
	if size > 0 {
		return image.Pt(size, size), nil
	}
	first := l.files[0]
	for _, f := range l.files[1:] {
		if f.config.Width != first.config.Width || f.config.Height != first.config.Height {
			return image.Point{}, fmt.Errorf("%s: expected images of one size, found %s of %dx%d and %s of %dx%d pixels; give a size to resample them to",
				l.dir, first.name, first.config.Width, first.config.Height, f.name, f.config.Width, f.config.Height)
		}
	}
	return image.Pt(first.config.Width, first.config.Height), nil
}

// channels returns 1 if all images are grey, otherwise 3.
func (l *folderList) channels() int {
	for _, f := range l.files {
		if !grey(f.config.ColorModel) {
			return 3
		}
	}
	return 1
}

// note says which files were passed over.
func (l *folderList) note() string {
	if len(l.skipped) == 0 {
		return ""
	}
	return fmt.Sprintf("%s: %d files are not PNG, JPEG or GIF and were passed over, the first is %s", l.dir, len(l.skipped), l.skipped[0])
}

// splitOf returns the split of an image by its name.
func splitOf(name string) Split {
	h := sha256.Sum256([]byte(name))
	switch binary.BigEndian.Uint64(h[:]) % 20 {
	case 18:
		return Validation
	case 19:
		return Test
	}
	return Train
}

// joinNotes puts two notes into one.
func joinNotes(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
