package data

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Set says what an official data set is and where it comes from.
type Set struct {
	Name    string `json:"name"`    // of the set and of its folder under the data root
	Title   string `json:"title"`   // one line about it
	Source  string `json:"source"`  // the address of its authors' page
	Licence string `json:"licence"` // in one line
	Files   []File `json:"files"`
}

// File is a file of an official data set.
type File struct {
	// Name is the name of the file without .gz: every file that is not an archive may be compressed.
	Name string `json:"name"`
	// Bytes is the size, decompressed. It is 0 where a part of the file will do.
	Bytes int64 `json:"bytes,omitempty"`
	// MD5 is the published checksum, or that of the content of the published file, decompressed. It is empty where a
	// part of the file will do, or files of other bytes and the same content; all that is in it is then looked at.
	MD5 string `json:"md5,omitempty"`
}

// FileStatus is what was found of a file of a data set.
type FileStatus struct {
	Name    string `json:"name"`
	Path    string `json:"path,omitempty"`    // empty where there is no such file
	Bytes   int64  `json:"bytes,omitempty"`   // decompressed
	MD5     string `json:"md5,omitempty"`     // of the content, decompressed
	Images  int    `json:"images,omitempty"`  // that were looked at
	Problem string `json:"problem,omitempty"` // empty where all is well
}

// Sets returns the data sets that are known by their official files. The sizes and checksums are those of the
// decompressed content.
func Sets() []Set {
	return []Set{
		{
			Name:    "celeba",
			Title:   "202,599 aligned faces, 178x218, in colour (Liu, Luo, Wang, Tang, ICCV 2015)",
			Source:  "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
			Licence: "non-commercial research and education only; the images may not be passed on",
			Files: []File{
				{Name: "img_align_celeba.zip"},
				{Name: "list_eval_partition.txt", Bytes: 2836386, MD5: "d32c9cbf5e040fd4025c592c306e6668"},
			},
		},
		{
			Name:    "mnist",
			Title:   "70,000 handwritten digits, 28x28, grey (LeCun, Cortes, Burges)",
			Source:  "http://yann.lecun.com/exdb/mnist/",
			Licence: "the authors name none; commonly given as CC BY-SA 3.0",
			Files: []File{
				{Name: "train-images-idx3-ubyte", Bytes: 47040016, MD5: "6bbc9ace898e44ae57da46a324031adb"},
				{Name: "train-labels-idx1-ubyte", Bytes: 60008, MD5: "a25bea736e30d166cdddb491f175f624"},
				{Name: "t10k-images-idx3-ubyte", Bytes: 7840016, MD5: "2646ac647ad5339dbf082846283269ea"},
				{Name: "t10k-labels-idx1-ubyte", Bytes: 10008, MD5: "27ae3e4e09519cfbb04c329615203637"},
			},
		},
		{
			Name:    "fashion-mnist",
			Title:   "70,000 pictures of clothing, 28x28, grey (Xiao, Rasul, Vollgraf, 2017)",
			Source:  "https://github.com/zalandoresearch/fashion-mnist",
			Licence: "MIT, copyright Zalando SE",
			Files: []File{
				{Name: "train-images-idx3-ubyte", Bytes: 47040016, MD5: "f4a8712d7a061bf5bd6d2ca38dc4d50a"},
				{Name: "train-labels-idx1-ubyte", Bytes: 60008, MD5: "9018921c3c673c538a1fc5bad174d6f9"},
				{Name: "t10k-images-idx3-ubyte", Bytes: 7840016, MD5: "8181f5470baa50b63fa0f6fddb340f0a"},
				{Name: "t10k-labels-idx1-ubyte", Bytes: 10008, MD5: "15d484375f8d13e6eb1aabb0c3f46965"},
			},
		},
		{
			Name:    "cifar-10",
			Title:   "60,000 photographs of ten kinds, 32x32, in colour (Krizhevsky, 2009)",
			Source:  "https://www.cs.toronto.edu/~kriz/cifar.html",
			Licence: "none stated",
			Files: []File{
				{Name: "data_batch_1.bin", Bytes: 30730000, MD5: "5dd7e06a14cb22eb9f671a540d1b7c25"},
				{Name: "data_batch_2.bin", Bytes: 30730000, MD5: "5ea93a67294ea407fff1d09f752e9692"},
				{Name: "data_batch_3.bin", Bytes: 30730000, MD5: "942cd6a4bcdd0dd3c604fbe906cb4421"},
				{Name: "data_batch_4.bin", Bytes: 30730000},
				{Name: "data_batch_5.bin", Bytes: 30730000},
				{Name: "test_batch.bin", Bytes: 30730000, MD5: "803d5f7f4d78ea53de84dbe85f74fb6d"},
			},
		},
		{
			Name:    "frey-faces",
			Title:   "1,965 pictures of one face from a film, 28x20, grey (Frey, Roweis)",
			Source:  "https://cs.nyu.edu/~roweis/data.html",
			Licence: "none stated",
			Files:   []File{{Name: "frey_rawface.mat"}},
		},
		{
			Name:    "20news-w100",
			Title:   "16,242 postings to newsgroups, which of 100 words each has (Lang, Roweis)",
			Source:  "https://cs.nyu.edu/~roweis/data.html",
			Licence: "none stated",
			Files:   []File{{Name: "20news_w100.mat"}},
		},
		{
			Name:    "bird-song",
			Title:   "recordings of 12 species of birds, 144 s, as frames of 16 cepstral coefficients",
			Source:  "https://github.com/AmyangXYZ/BirdSong_Recognition",
			Licence: "none stated",
			Files:   []File{{Name: "bird-recordings.zip"}},
		},
	}
}

// Root returns the folder that data sets are looked for in: dir if it is not empty, otherwise what the environment
// variable ZOO_DATA says, which may be nothing. A folder that is named and is not there is an error.
func Root(dir string) (string, error) {
	from := ""
	if dir == "" {
		dir, from = os.Getenv("ZOO_DATA"), "ZOO_DATA: "
	}
	if dir == "" {
		return "", nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return "", fmt.Errorf("data: %swant a folder of data sets: %w", from, err)
	}
	if !info.IsDir() {
		return "", fmt.Errorf("data: %s%s: expected a folder of data sets, found a file of %d bytes", from, dir, info.Size())
	}
	return dir, nil
}

// Locate returns the folder of a data set under root, which [Root] gave. Where there is none, or root is empty, the
// error has [ErrNotFound] in its chain.
func Locate(root, set string) (string, error) {
	if root == "" {
		return "", fmt.Errorf("data: %s: no data root is given: %w", set, ErrNotFound)
	}
	dir := filepath.Join(root, set)
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("data: %s: no folder %s: %w", set, dir, ErrNotFound)
	}
	if err != nil {
		return "", fmt.Errorf("data: %s: %w", set, err)
	}
	if !info.IsDir() {
		return "", fmt.Errorf("data: %s: %s: expected a folder, found a file of %d bytes", set, dir, info.Size())
	}
	return dir, nil
}

// Verify compares the files of a data set under root with those published. A file that differs or is missing is
// told by its status; the error is of the set: its name is not known, or it is not there.
func Verify(root, set string) ([]FileStatus, error) {
	var known []string
	for _, s := range Sets() {
		if s.Name != set {
			known = append(known, s.Name)
			continue
		}
		dir, err := Locate(root, set)
		if err != nil {
			return nil, err
		}
		status := make([]FileStatus, len(s.Files))
		for i, f := range s.Files {
			status[i] = f.verify(dir, set)
		}
		return status, nil
	}
	return nil, fmt.Errorf("data: verify: unknown set %q, expected one of %s", set, strings.Join(known, ", "))
}

// verify finds and checks one file of a set.
func (f File) verify(dir, set string) FileStatus {
	s := FileStatus{Name: f.Name}
	var err error
	s.Path, err = f.find(dir)
	switch {
	case err != nil || s.Path == "":
	case f.MD5 == "":
		s.Bytes, s.Images, err = look(set, s.Path)
	default:
		s.Bytes, s.MD5, err = checksum(s.Path)
	}
	switch {
	case err != nil:
		s.Problem = err.Error()
	case s.Path == "":
		s.Problem = "there is no such file in " + dir
	case f.Bytes != 0 && s.Bytes != f.Bytes:
		s.Problem = fmt.Sprintf("%s: expected %d bytes of content, found %d", s.Path, f.Bytes, s.Bytes)
	case f.MD5 != "" && s.MD5 != f.MD5:
		s.Problem = fmt.Sprintf("%s: expected content of MD5 %s, found %s", s.Path, f.MD5, s.MD5)
	}
	return s
}

// find returns the path of the file, in one of the places and forms that the readers take, or "".
func (f File) find(dir string) (string, error) {
	names := []string{f.Name, f.Name + ".gz"}
	if before, after, ok := strings.Cut(f.Name, "-idx"); ok {
		dotted := before + ".idx" + after
		names = append(names, dotted, dotted+".gz")
	}
	var places, folders []string
	for _, sub := range []string{"", "raw/", "Img/", "Eval/", "cifar-10-batches-bin/"} {
		for _, name := range names {
			places = append(places, sub+name)
		}
		if folder, ok := strings.CutSuffix(f.Name, ".zip"); ok {
			folders = append(folders, sub+folder)
		}
	}
	path, err := firstOf(dir, false, places...)
	if err != nil || path != "" {
		return path, err
	}
	return firstOf(dir, true, folders...)
}

// look reads all that is in a file of a set and returns the size of its content and the number of images, of those
// in an archive if it is one.
func look(set, path string) (size int64, images int, err error) {
	switch set {
	case "celeba":
		return verifyPhotos(path)
	case "bird-song":
		return verifySounds(path)
	}
	if size, _, err = checksum(path); err != nil {
		return size, 0, err
	}
	dir, name := filepath.Dir(path), filepath.Base(strings.TrimSuffix(path, ".gz"))
	switch set {
	case "cifar-10":
		var labels []byte
		labels, _, err = readCIFARBatch(dir, name)
		images = len(labels)
	case "frey-faces", "20news-w100":
		read := readFrey
		if set == "20news-w100" {
			read = readNews
		}
		var s *Images
		if s, err = read(dir, All); err == nil {
			images = s.Len()
		}
	default:
		err = fmt.Errorf("%s: nothing is known of what it should hold", path)
	}
	return size, images, err
}

// verifySounds decodes all recordings of an archive or a folder and returns the size of their samples, at 16 bits, and
// their number.
func verifySounds(path string) (size int64, recordings int, err error) {
	all, closeAll, err := openSounds(path)
	if err != nil {
		return 0, 0, err
	}
	for _, r := range all {
		sound, err := r.decode()
		if err != nil {
			return 0, 0, errors.Join(err, closeAll())
		}
		size += 2 * int64(len(sound.Samples))
	}
	return size, len(all), closeAll()
}

// checksum returns the size and the MD5 of the content of a file, decompressed.
func checksum(path string) (size int64, digest string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	r, err := plain(f)
	if err != nil {
		return 0, "", fmt.Errorf("%s: %w", path, err)
	}
	h := md5.New()
	size, err = io.Copy(h, r)
	if err != nil {
		return size, "", fmt.Errorf("%s: offset %d of the content: %w", path, size, err)
	}
	return size, hex.EncodeToString(h.Sum(nil)), nil
}

// verifyPhotos reads every file of CelebA's archive or folder, which checks the archive's own sums, and the header
// of each image. It returns the size of them all and their number.
func verifyPhotos(path string) (size int64, images int, err error) {
	open := openCelebAZip
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		open = openCelebAFolder
	}
	source, err := open(path)
	if err != nil {
		return 0, 0, err
	}
	defer source.close()
	sizes := make([]int64, len(source.order))
	err = parallel(len(source.order), func() func(int) error {
		var content []byte
		return func(i int) error {
			f := source.files[source.order[i]]
			var err error
			if content, err = f.read(content[:0]); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			sizes[i] = int64(len(content))
			config, err := imageConfig(bytes.NewReader(content))
			if err != nil {
				return fmt.Errorf("%s: %s: %w", path, f.name, err)
			}
			if found := image.Pt(config.Width, config.Height); found != celebaSize {
				return fmt.Errorf("%s: %s: expected %dx%d pixels, found %dx%d", path, f.name, celebaSize.X, celebaSize.Y, found.X, found.Y)
			}
			return nil
		}
	})
	if err == nil && len(sizes) == 0 {
		err = fmt.Errorf("%s: expected JPEG images, found none", path)
	}
	for _, n := range sizes {
		size += n
	}
	return size, len(sizes), err
}
