package data

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The aligned and cropped images of CelebA, and the square of a face in them that the literature on generative
// models takes: 148 pixels wide, below most of the hair and above the chin's shadow.
var (
	celebaSize = image.Pt(178, 218)
	celebaCrop = image.Rect(15, 40, 15+148, 40+148)
)

// celebaMaxFile is the largest size in bytes of one image file that is read. Those of CelebA have some 10,000.
const celebaMaxFile = 16 << 20

// CelebA reads the aligned faces of Liu, Luo, Wang and Tang, "Deep Learning Face Attributes in the Wild" (ICCV 2015):
// 162,770 images to train on, 19,867 to validate and 19,962 to test, in the official names and parts. It takes
// img_align_celeba.zip or the folder img_align_celeba from dir or dir/Img, and list_eval_partition.txt, which may be
// compressed by gzip, from dir or dir/Eval. Images come in the order of the partition file.
//
// The square of 148 x 148 pixels at column 15 and row 40 is resampled to size x size, three channels; size is 1 to 148.
//
// A sample of the images will do: those that the partition file names and that are not there are counted in
// [Images.Missing] and told in [Images.Note]. An image that the partition file does not name is an error, as is a
// split without any image.
//
// The decoded images are kept in a file in the folder cache, by default boltzoo in the user's cache folder.
func CelebA(dir string, size int, split Split, cache string) (*Images, error) {
	s, err := readCelebA(dir, size, split, cache)
	if err != nil {
		return nil, fmt.Errorf("data: celeba: %w", err)
	}
	return s, nil
}

func readCelebA(dir string, size int, split Split, cache string) (*Images, error) {
	if size < 1 || size > celebaCrop.Dx() {
		return nil, fmt.Errorf("expected a size of 1 to %d, found %d", celebaCrop.Dx(), size)
	}
	if split < Train || split > All {
		return nil, fmt.Errorf("unknown split %v", split)
	}
	source, err := openCelebA(dir)
	if err != nil {
		return nil, err
	}
	defer source.close()
	partition, err := findPartition(dir)
	if err != nil {
		return nil, err
	}
	parts, err := readPartition(partition)
	if err != nil {
		return nil, err
	}
	if err := source.listedIn(parts, partition); err != nil {
		return nil, err
	}

	s := &Images{Name: "celeba", Height: size, Width: size, Channels: 3}
	identity := []string{"celeba", fmt.Sprint(celebaCrop), strconv.Itoa(size)}
	var files []celebaFile
	missing := ""
	for _, p := range parts {
		if split != All && p.split != split {
			continue
		}
		f, ok := source.files[p.name]
		if !ok {
			if s.Missing == 0 {
				missing = p.name
			}
			s.Missing++
			continue
		}
		files = append(files, f)
		s.Files = append(s.Files, p.name)
		identity = append(identity, p.name, f.identity)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s names %d images of the split %v, and none of them is among the %d of %s",
			partition, s.Missing, split, len(source.files), source.path)
	}
	if s.Missing > 0 {
		s.Note = fmt.Sprintf("%s names %d images of the split %v; %d of them are in %s, %d are missing, the first is %s",
			partition, len(files)+s.Missing, split, len(files), source.path, s.Missing, missing)
	}
	absolute, err := filepath.Abs(source.path)
	if err != nil {
		return nil, err
	}
	h := cacheHeader{Key: key(identity...), Count: len(files), Height: size, Width: size, Channels: 3}
	name := fmt.Sprintf("celeba-%d-%v-%.16s.pixels", size, split, key(absolute))
	pix, release, note, err := cached(cache, name, &h, func() painter {
		c := newCanvas(size, size, 3)
		var content []byte
		return func(dst []byte, i int) error {
			var err error
			if content, err = files[i].read(content[:0]); err != nil {
				return fmt.Errorf("%s: %w", source.path, err)
			}
			img, err := decodeImage(content)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", source.path, files[i].name, err)
			}
			if img.Bounds().Size() != celebaSize {
				return fmt.Errorf("%s: %s: expected %dx%d pixels, found %dx%d", source.path, files[i].name,
					celebaSize.X, celebaSize.Y, img.Bounds().Dx(), img.Bounds().Dy())
			}
			c.paint(dst, img, celebaCrop.Add(img.Bounds().Min))
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	s.Pix, s.Sum, s.release = pix, h.Sum, release
	s.Note = joinNotes(s.Note, note)
	return s, nil
}

// CelebAFiles reads image files as [Files] does, three channels of size x size, but of those of 178 x 218 pixels, which
// are taken for aligned images of CelebA, the square that [CelebA] takes: what a model has learnt from the set is shown
// in the same frame.
func CelebAFiles(paths []string, size int) (*Images, error) {
	return readFiles(paths, size, size, 3, func(r image.Rectangle, to image.Point) image.Rectangle {
		if r.Size() == celebaSize {
			return celebaCrop.Add(r.Min)
		}
		return centre(r, to)
	})
}

// celebaFile is an image file in a zip archive or in a folder.
type celebaFile struct {
	name     string // in the archive, or in the folder
	identity string // changes when the file does
	entry    *zip.File
	path     string // of the file, where there is no entry
}

// celebaSource is the images of CelebA by their names, as in "000001.jpg".
type celebaSource struct {
	path  string // of the archive or folder
	files map[string]celebaFile
	order []string // names as they come in the archive or folder
	close func() error
}

// openCelebA finds the images.
func openCelebA(dir string) (*celebaSource, error) {
	archive, err := firstOf(dir, false, "img_align_celeba.zip", "Img/img_align_celeba.zip")
	if err != nil {
		return nil, err
	}
	if archive != "" {
		return openCelebAZip(archive)
	}
	folder, err := firstOf(dir, true, "img_align_celeba", "Img/img_align_celeba")
	if err != nil {
		return nil, err
	}
	if folder != "" {
		return openCelebAFolder(folder)
	}
	partition, err := firstOf(dir, false, partitionNames...)
	if err != nil {
		return nil, err
	}
	if partition != "" {
		return nil, fmt.Errorf("%s: there is %s, but neither img_align_celeba.zip nor the folder img_align_celeba", dir, filepath.Base(partition))
	}
	return nil, fmt.Errorf("%w: %s: neither img_align_celeba.zip nor the folder img_align_celeba", ErrNotFound, dir)
}

func openCelebAZip(path string) (*celebaSource, error) {
	archive, err := openZip(path)
	if err != nil {
		return nil, err
	}
	s := &celebaSource{path: path, files: make(map[string]celebaFile, len(archive.File)), close: archive.Close}
	for _, f := range archive.File {
		name, ok := photoName(f.Name)
		if !ok {
			continue
		}
		if other, ok := s.files[name]; ok {
			return nil, errors.Join(fmt.Errorf("%s: %s and %s have the same name", path, other.name, f.Name), archive.Close())
		}
		s.files[name] = celebaFile{name: f.Name, identity: fmt.Sprintf("%08x %d", f.CRC32, f.UncompressedSize64), entry: f}
		s.order = append(s.order, name)
	}
	return s, nil
}

func openCelebAFolder(dir string) (*celebaSource, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	s := &celebaSource{path: dir, files: make(map[string]celebaFile, len(entries)), close: func() error { return nil }}
	for _, e := range entries {
		name, ok := photoName(e.Name())
		if !ok || e.IsDir() {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		s.files[name] = celebaFile{name: name, identity: fmt.Sprint(info.Size(), info.ModTime().UnixMicro()), path: filepath.Join(dir, name)}
		s.order = append(s.order, name)
	}
	return s, nil
}

// photoName returns the last part of the name of an archive entry, if it is that of a photograph and not of a folder
// or of what some systems add to archives.
func photoName(name string) (base string, ok bool) {
	base = path.Base(name)
	if strings.HasSuffix(name, "/") || strings.HasPrefix(base, ".") {
		return "", false
	}
	ext := strings.ToLower(path.Ext(base))
	return base, ext == ".jpg" || ext == ".jpeg"
}

// openZip opens a zip archive and says what a file is that is none.
func openZip(path string) (*zip.ReadCloser, error) {
	archive, err := zip.OpenReader(path)
	if err == nil || !errors.Is(err, zip.ErrFormat) {
		return archive, err // the error of a file that cannot be opened names it
	}
	f, openErr := os.Open(path)
	if openErr != nil {
		return nil, openErr
	}
	defer f.Close()
	start := make([]byte, 16)
	n, readErr := io.ReadFull(f, start)
	if readErr != nil && readErr != io.EOF && readErr != io.ErrUnexpectedEOF {
		return nil, readErr
	}
	info, statErr := f.Stat()
	if statErr != nil {
		return nil, statErr
	}
	if strings.HasPrefix(string(start[:n]), "PK\x03\x04") {
		return nil, fmt.Errorf("%s: expected a directory at the end of the zip archive, found none in its %d bytes: the file is truncated or damaged", path, info.Size())
	}
	return nil, fmt.Errorf("%s: offset 0: expected a zip archive (\"PK\"), found %q in a file of %d bytes", path, start[:n], info.Size())
}

// listedIn checks that the partition file names every image, and none twice.
func (s *celebaSource) listedIn(parts []celebaPart, partition string) error {
	if len(s.files) == 0 {
		return fmt.Errorf("%s: expected JPEG images, found none", s.path)
	}
	sorted, err := sortedByName(parts)
	if err != nil {
		return fmt.Errorf("%s: %w", partition, err)
	}
	unlisted, first := 0, ""
	for _, name := range s.order {
		if _, listed := slices.BinarySearchFunc(sorted, celebaPart{name: name}, byName); !listed {
			if unlisted == 0 {
				first = s.files[name].name
			}
			unlisted++
		}
	}
	if unlisted > 0 {
		return fmt.Errorf("%s: %d of its %d images are not among the %d that %s names, the first is %s",
			s.path, unlisted, len(s.files), len(parts), partition, first)
	}
	return nil
}

// read appends the content of the file to buffer. A failure names the entry or the file.
func (f celebaFile) read(buffer []byte) ([]byte, error) {
	if f.entry == nil {
		file, err := os.Open(f.path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		return readAll(buffer, file, f.name)
	}
	r, err := f.entry.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	defer r.Close()
	return readAll(buffer, r, f.name)
}

// readAll appends what r has to buffer, up to celebaMaxFile bytes.
func readAll(buffer []byte, r io.Reader, name string) ([]byte, error) {
	for {
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, make([]byte, 32<<10)...)[:len(buffer)]
		}
		n, err := r.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		if err == io.EOF {
			return buffer, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: offset %d: %w", name, len(buffer), err)
		}
		if len(buffer) > celebaMaxFile {
			return nil, fmt.Errorf("%s: expected an image of at most %d bytes, found more", name, celebaMaxFile)
		}
	}
}

// celebaPart is a line of the partition file.
type celebaPart struct {
	name  string
	split Split
	line  int // from 1
}

// byName orders parts, and tells whether one has a name.
func byName(p, q celebaPart) int { return strings.Compare(p.name, q.name) }

// partitionNames has the places of the partition file.
var partitionNames = []string{
	"list_eval_partition.txt", "list_eval_partition.txt.gz", "Eval/list_eval_partition.txt", "Eval/list_eval_partition.txt.gz",
}

// findPartition returns the path of the partition file.
func findPartition(dir string) (string, error) {
	path, err := firstOf(dir, false, partitionNames...)
	if err == nil && path == "" {
		err = fmt.Errorf("%s: no list_eval_partition.txt[.gz], which says what to train and what to test on", dir)
	}
	return path, err
}

// readPartition reads the partition file: lines of a name and 0 (train), 1 (validation) or 2 (test).
func readPartition(path string) ([]celebaPart, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := plain(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	parts, err := parsePartition(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return parts, nil
}

func parsePartition(r io.Reader) ([]celebaPart, error) {
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", bytes.Count(content, []byte("\n"))+1, err)
	}
	parts := make([]celebaPart, 0, bytes.Count(content, []byte("\n"))+1)
	n := 0
	for line := range strings.SplitSeq(string(content), "\n") { // names are parts of one string
		n++
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, number, _ := strings.Cut(line, " ")
		number = strings.TrimSpace(number)
		if len(number) != 1 || number[0] < '0' || number[0] > '2' {
			return nil, fmt.Errorf("line %d: expected a file name and 0, 1 or 2, found %.60q", n, line)
		}
		parts = append(parts, celebaPart{name, Split(number[0] - '0'), n})
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("expected lines of a file name and 0, 1 or 2, found none")
	}
	return parts, nil
}

// sortedByName returns the parts in the order of their names, of which none may come twice.
func sortedByName(parts []celebaPart) ([]celebaPart, error) {
	sorted := parts
	if !slices.IsSortedFunc(parts, byName) { // the official file is
		sorted = slices.Clone(parts)
		slices.SortStableFunc(sorted, byName)
	}
	for i, p := range sorted[1:] {
		if before := sorted[i]; before.name == p.name {
			return nil, fmt.Errorf("line %d: %s was named in line %d already", p.line, p.name, before.line)
		}
	}
	return sorted, nil
}
