package data

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

func TestRootAndLocate(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	write(t, dir, map[string][]byte{"mnist/x": nil, "file": []byte("abc")})
	t.Setenv("ZOO_DATA", "")
	if root, err := Root(""); root != "" || err != nil {
		t.Errorf("without any: %q, %v", root, err)
	}
	if _, err := Locate("", "mnist"); !errors.Is(err, ErrNotFound) {
		t.Errorf("without a root: %v", err)
	}
	t.Setenv("ZOO_DATA", dir)
	if root, err := Root(""); root != dir || err != nil {
		t.Errorf("from the environment: %q, %v", root, err)
	}
	if root, err := Root(other); root != other || err != nil {
		t.Errorf("given: %q, %v", root, err)
	}
	if got, err := Locate(dir, "mnist"); got != filepath.Join(dir, "mnist") || err != nil {
		t.Errorf("mnist: %q, %v", got, err)
	}
	if _, err := Locate(dir, "celeba"); !errors.Is(err, ErrNotFound) {
		t.Errorf("celeba: %v", err)
	}
	_, err := Locate(dir, "file")
	expectError(t, err, "expected a folder, found a file of 3 bytes")
	_, err = Root(filepath.Join(dir, "file"))
	expectError(t, err, "expected a folder of data sets, found a file of 3 bytes")
	t.Setenv("ZOO_DATA", filepath.Join(dir, "none"))
	_, err = Root("")
	expectError(t, err, "ZOO_DATA", "none")
}

func TestVerify(t *testing.T) {
	root := t.TempDir()
	names, photos := tinyCelebA(t)
	photos["img_align_celeba/000002.jpg"] = photo(t, 100, 100, 1)
	write(t, root, map[string][]byte{
		"mnist/train-images-idx3-ubyte.gz":        gzipped(t, idxFile(0, 24, 3, 2)),
		"mnist/raw/train-labels.idx1-ubyte":       make([]byte, 60008),
		"mnist/t10k-labels-idx1-ubyte.gz":         gzipped(t, idxFile(0, 5))[:20],
		"celeba/img_align_celeba.zip":             archive(t, names, photos),
		"celeba/Eval/list_eval_partition.txt":     []byte(tinyPartition),
		"fashion-mnist/t10k-labels-idx1-ubyte.gz": {},
	})
	status, err := Verify(root, "mnist")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"expected 47040016 bytes of content, found 160", "expected content of MD5 a25bea736e30d166cdddb491f175f624, found ", "no such file", "EOF"} {
		if !strings.Contains(status[i].Problem, want) {
			t.Errorf("%s: problem %q, expected %q", status[i].Name, status[i].Problem, want)
		}
	}
	status, err = Verify(root, "celeba")
	if err != nil {
		t.Fatal(err)
	}
	if p := status[0].Problem; !strings.Contains(p, "000002.jpg: expected 178x218 pixels, found 100x100") {
		t.Errorf("archive: problem %q", p)
	}
	if p := status[1].Problem; !strings.Contains(p, "expected 2836386 bytes") {
		t.Errorf("partition: problem %q", p)
	}
	write(t, root, map[string][]byte{
		"cifar-10/cifar-10-batches-bin/data_batch_4.bin": cifarFile(0, 3),
		"cifar-10/data_batch_5.bin":                      make([]byte, cifarRecord*cifarBatch),
		"frey-faces/frey_rawface.mat.gz":                 gzipped(t, freyFile(3)),
		"20news-w100/20news_w100.mat":                    newsFile(5, []byte{1, 2, 2, 1, 9}),
	})
	status, err = Verify(root, "cifar-10")
	if err != nil {
		t.Fatal(err)
	}
	if p := status[3].Problem; !strings.Contains(p, "expected 30730000 bytes of content, found 9219") || status[3].Images != 3 {
		t.Errorf("a short batch: %+v", status[3])
	}
	if s := status[4]; s.Problem != "" || s.Images != cifarBatch {
		t.Errorf("a whole batch: %+v", s)
	}
	if status, err = Verify(root, "frey-faces"); err != nil || status[0].Problem != "" || status[0].Images != 3 {
		t.Errorf("frey-faces: %+v %v", status, err)
	}
	if status, err = Verify(root, "20news-w100"); err != nil || !strings.Contains(status[0].Problem, "from 1 to 2, found 9") {
		t.Errorf("20news-w100: %+v %v", status, err)
	}
	_, err = Verify(root, "minst")
	expectError(t, err, `"minst"`, "celeba, mnist, fashion-mnist")
	if _, err := Verify(t.TempDir(), "mnist"); !errors.Is(err, ErrNotFound) {
		t.Errorf("expected ErrNotFound, found %v", err)
	}
}

func TestVerifyOfficial(t *testing.T) {
	for _, set := range Sets() {
		t.Run(set.Name, func(t *testing.T) {
			dir := official(t, set.Name)
			status, err := Verify(filepath.Dir(dir), set.Name)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range status {
				if s.Path == "" && set.Name == "cifar-10" {
					continue // a part of it will do
				}
				if s.Problem != "" || s.Bytes == 0 || s.Path == "" {
					t.Errorf("%+v", s)
				}
			}
			for i, f := range set.Files {
				if f.MD5 == "" && status[i].Path != "" && status[i].Images == 0 {
					t.Errorf("no images: %+v", status[i])
				}
			}
		})
	}
}
