package data

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// matWriter makes MAT-files, element by element.
type matWriter struct{ order binary.AppendByteOrder }

var littleMAT = matWriter{binary.LittleEndian}

func (w matWriter) element(kind int, data []byte) []byte {
	if n := len(data); n > 0 && n <= 4 { // in the tag
		out := w.order.AppendUint32(nil, uint32(n)<<16|uint32(kind))
		return append(append(out, data...), make([]byte, 4-n)...)
	}
	out := w.order.AppendUint32(w.order.AppendUint32(nil, uint32(kind)), uint32(len(data)))
	out = append(out, data...)
	if kind != miCOMPRESSED {
		out = append(out, make([]byte, (8-len(data)%8)%8)...)
	}
	return out
}

func (w matWriter) ints(values ...int) (out []byte) {
	for _, v := range values {
		out = w.order.AppendUint32(out, uint32(int32(v)))
	}
	return out
}

func (w matWriter) array(name string, class, rows, cols int, parts ...[]byte) []byte {
	data := slices.Concat(w.element(miUINT32, w.ints(class, 0)), w.element(miINT32, w.ints(rows, cols)), w.element(miINT8, []byte(name)))
	return w.element(miMATRIX, append(data, bytes.Join(parts, nil)...))
}

func (w matWriter) texts(name string, texts ...string) []byte {
	var cells [][]byte
	for _, text := range texts {
		var units []byte
		for _, c := range text {
			units = w.order.AppendUint16(units, uint16(c))
		}
		cells = append(cells, w.array("", mxCHAR, 1, len([]rune(text)), w.element(miUINT16, units)))
	}
	return w.array(name, mxCELL, 1, len(texts), cells...)
}

func (w matWriter) compressed(element []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(element)
	z.Close()
	return w.element(miCOMPRESSED, b.Bytes())
}

func (w matWriter) file(elements ...[]byte) []byte {
	out := append([]byte("MATLAB 5.0 MAT-file"), bytes.Repeat([]byte(" "), 105)...)
	out = append(out, 1, 0, 'M', 'I')
	if w.order == binary.AppendByteOrder(binary.LittleEndian) {
		out = append(out[:124], 0, 1, 'I', 'M')
	}
	return append(out, bytes.Join(elements, nil)...)
}

func TestMAT(t *testing.T) {
	for _, w := range []matWriter{littleMAT, {binary.BigEndian}} {
		doubles := []byte{}
		for _, bits := range []uint64{0x3ff8000000000000, 0xc000000000000000} { // 1.5, -2
			doubles = w.order.AppendUint64(doubles, bits)
		}
		file := w.file(
			w.array("bytes", 9, 2, 3, w.element(miUINT8, []byte{1, 2, 3, 4, 5, 255})),
			w.compressed(w.array("tiny", mxDOUBLE, 1, 3, w.element(miINT8, []byte{0xff, 0, 7}))),
			w.array("doubles", mxDOUBLE, 2, 1, w.element(miDOUBLE, doubles)),
			w.array("sparse", mxSPARSE, 4, 3, w.element(miINT32, w.ints(1, 3, 0, 0)), w.element(miINT32, w.ints(0, 2, 2, 3)), w.element(miUINT8, []byte{9, 8, 7, 0})),
			w.texts("words", "aids", "x", "Zürich"),
			w.array("odd", 2, 1, 1), // a structure
		)
		arrays, err := parseMAT(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := arrays["tiny"].values; !slices.Equal(got, []float64{-1, 0, 7}) {
			t.Errorf("tiny %v", got)
		}
		if got := arrays["doubles"].values; !slices.Equal(got, []float64{1.5, -2}) {
			t.Errorf("doubles %v", got)
		}
		if got, err := arrays["bytes"].bytes("bytes", 2, 3, 255); err != nil || !bytes.Equal(got, []byte{1, 2, 3, 4, 5, 255}) {
			t.Errorf("bytes %v %v", got, err)
		}
		want := []byte{0, 9, 0, 8, 0, 0, 0, 0, 7, 0, 0, 0}
		if got, err := arrays["sparse"].bytes("sparse", 4, 0, 255); err != nil || !bytes.Equal(got, want) {
			t.Errorf("sparse %v %v", got, err)
		}
		if got, err := arrays["words"].texts("words", 3); err != nil || !slices.Equal(got, []string{"aids", "x", "Zürich"}) {
			t.Errorf("words %q %v", got, err)
		}
		for what, c := range map[string]struct {
			err  func() error
			want []string
		}{
			"other shape": {func() error { _, err := arrays["bytes"].bytes("bytes", 3, 0, 255); return err }, []string{`"bytes"`, "offset", "expected 3xany", "found 2x3"}},
			"too large":   {func() error { _, err := arrays["bytes"].bytes("bytes", 2, 3, 254); return err }, []string{"row 2, column 3", "0 to 254", "found 255"}},
			"fraction":    {func() error { _, err := arrays["doubles"].bytes("doubles", 0, 0, 9); return err }, []string{"row 1, column 1", "found 1.5"}},
			"no numbers":  {func() error { _, err := arrays["odd"].bytes("odd", 0, 0, 9); return err }, []string{"expected numbers"}},
			"no texts":    {func() error { _, err := arrays["bytes"].texts("bytes", 3); return err }, []string{"expected 3 texts"}},
		} {
			t.Run(what, func(t *testing.T) { expectError(t, c.err(), c.want...) })
		}
	}
}

func TestMATErrors(t *testing.T) {
	w := littleMAT
	good := w.file(w.array("ff", 9, 2, 3, w.element(miUINT8, []byte{1, 2, 3, 4, 5, 6})))
	changed := func(at int, b byte) []byte {
		file := bytes.Clone(good)
		file[at] = b
		return file
	}
	for name, c := range map[string]struct {
		file []byte
		want []string
	}{
		"text":            {[]byte("hello"), []string{"128 bytes of the header", "found 5"}},
		"no mark":         {changed(126, 'X'), []string{"offset 126", `"XM"`}},
		"version 7.3":     {changed(125, 2), []string{"offset 124", "expected version 0x0100", "found 0x0200"}},
		"truncated":       {good[:150], []string{"offset 136", "found 14", "truncated"}},
		"no array":        {w.file(w.element(miUINT8, make([]byte, 8))), []string{"offset 128", "expected an array (type 14), found type 2"}},
		"negative":        {w.file(w.array("ff", 9, -1, 2)), []string{"-1x2"}},
		"missing values":  {w.file(w.array("ff", 9, 2, 2, w.element(miUINT8, make([]byte, 9)))), []string{`"ff"`, "expected 2x2 values, found 9"}},
		"no values":       {w.file(w.array("ff", 9, 2, 2)), []string{`"ff"`, "values"}},
		"half a number":   {w.file(w.array("ff", 9, 1, 1, w.element(miUINT16, make([]byte, 3)))), []string{"2 bytes", "found 3"}},
		"three cells":     {w.file(w.array("c", mxCELL, 2, 2, w.array("", 9, 0, 0, w.element(miUINT8, nil)))), []string{"expected 2x2 cells, found 1"}},
		"damaged packing": {w.file(w.element(miCOMPRESSED, []byte("nonsense"))), []string{"offset 128", "compressed"}},
		"row outside":     {w.file(w.array("s", mxSPARSE, 2, 1, w.element(miINT32, w.ints(2)), w.element(miINT32, w.ints(0, 1)), w.element(miUINT8, []byte{1}))), []string{"row 2 of 2"}},
		"columns back":    {w.file(w.array("s", mxSPARSE, 2, 2, w.element(miINT32, w.ints(1)), w.element(miINT32, w.ints(0, 1, 0)), w.element(miUINT8, []byte{1}))), []string{"column 2 begins at value 0"}},
		"columns beyond":  {w.file(w.array("s", mxSPARSE, 2, 1, w.element(miINT32, w.ints(1)), w.element(miINT32, w.ints(0, 5)), w.element(miUINT8, []byte{1}))), []string{"begins at value 5 of 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseMAT(c.file)
			expectError(t, err, c.want...)
		})
	}
}

func FuzzMAT(f *testing.F) {
	w := littleMAT
	f.Add(w.file(w.array("ff", 9, 2, 3, w.element(miUINT8, []byte{1, 2, 3, 4, 5, 6}))))
	f.Add(w.file(w.texts("words", "a", "bc"), w.array("s", mxSPARSE, 2, 1, w.element(miINT32, w.ints(1)), w.element(miINT32, w.ints(0, 1)), w.element(miUINT8, []byte{1}))))
	f.Fuzz(func(t *testing.T, file []byte) {
		arrays, err := parseMAT(file)
		if err != nil {
			return
		}
		for name, a := range arrays {
			if out, err := a.bytes(name, 0, 0, 255); err == nil && len(out) != a.rows*a.cols {
				t.Errorf("%q of %dx%d has %d bytes", name, a.rows, a.cols, len(out))
			}
		}
	})
}

// freyFile is a MAT-file as Sam Roweis gives it out, of n pictures: value i of picture k is i+k modulo 256.
func freyFile(n int) []byte {
	pix := make([]byte, 0, n*freyHeight*freyWidth)
	for k := range n {
		for i := range freyHeight * freyWidth {
			pix = append(pix, byte(i+k))
		}
	}
	return littleMAT.file(littleMAT.array("ff", 9, freyHeight*freyWidth, n, littleMAT.element(miUINT8, pix)))
}

func TestFrey(t *testing.T) {
	dir := t.TempDir()
	if _, err := Frey(dir, Train); !errors.Is(err, ErrNotFound) {
		t.Errorf("an empty folder: %v", err)
	}
	write(t, dir, map[string][]byte{"frey_rawface.mat": freyFile(60)})
	all, err := Frey(dir, All)
	if err != nil {
		t.Fatal(err)
	}
	if all.Len() != 60 || all.Height != 28 || all.Width != 20 || all.Channels != 1 || all.Pix[3*560+2*20+5] != 48 {
		t.Errorf("%d pictures of %dx%dx%d", all.Len(), all.Height, all.Width, all.Channels)
	}
	if shares := expectPartition(t, all, func(split Split) (*Images, error) { return Frey(dir, split) }); shares[Train] < 0.75 {
		t.Errorf("the splits have shares of %v", shares)
	}
	write(t, dir, map[string][]byte{"frey_rawface.mat": littleMAT.file(littleMAT.array("ff", 9, 3, 2, littleMAT.element(miUINT8, make([]byte, 6))))})
	_, err = Frey(dir, Train)
	expectError(t, err, "frey_rawface.mat", `"ff"`, "expected 560xany", "found 3x2")
	write(t, dir, map[string][]byte{"frey_rawface.mat": littleMAT.file(littleMAT.array("gg", 9, 1, 1, littleMAT.element(miUINT8, []byte{1})))})
	_, err = Frey(dir, Train)
	expectError(t, err, "frey_rawface.mat", `expected an array "ff"`, `found ["gg"]`)
	_, err = Frey(dir, 9)
	expectError(t, err, "unknown split")
}

// expectPartition fails unless Train, Validation and Test are all of the images, once each, and returns the share of
// each.
func expectPartition(t *testing.T, all *Images, open func(Split) (*Images, error)) (shares [3]float64) {
	t.Helper()
	found := map[string]int{}
	for i := range all.Len() {
		found[string(imageAt(all, i))]++
	}
	total := 0
	for _, split := range []Split{Train, Validation, Test} {
		s, err := open(split)
		if err != nil {
			t.Fatal(err)
		}
		if s.Sum != sum(s.Pix) || all.Labels != nil && len(s.Labels) != s.Len() {
			t.Errorf("%v: %d images, %d labels, sum %s", split, s.Len(), len(s.Labels), s.Sum)
		}
		for i := range s.Len() {
			found[string(imageAt(s, i))]--
		}
		total += s.Len()
		shares[split] = float64(s.Len()) / float64(all.Len())
	}
	for _, n := range found {
		if n != 0 || total != all.Len() {
			t.Errorf("the splits have %d of %d images", total, all.Len())
			break
		}
	}
	return shares
}

func TestFreyOfficial(t *testing.T) {
	dir := official(t, "frey-faces")
	s, err := Frey(dir, All)
	if err != nil {
		t.Fatal(err)
	}
	low, high := slices.Min(s.Pix), slices.Max(s.Pix)
	if s.Len() != 1965 || low != 8 || high != 238 {
		t.Errorf("%d pictures of values %d to %d, expected 1965 of 8 to 238", s.Len(), low, high)
	}
	// The second form of the same pictures, read by another reader.
	again, err := IDX(dir, All)
	if errors.Is(err, ErrNotFound) {
		t.Skip("no IDX file beside it to compare with")
	}
	if err != nil || again.Height != s.Height || !bytes.Equal(again.Pix, s.Pix) {
		t.Errorf("the IDX file has other pictures: %v", err)
	}
}

// newsFile is a MAT-file as Sam Roweis gives it out, of n postings; posting k has word k modulo 100.
func newsFile(n int, groups []byte) []byte {
	w := littleMAT
	rows, starts := make([]int, n), make([]int, n+1)
	for k := range n {
		rows[k], starts[k+1] = k%newsWords, k+1
	}
	words := make([]string, newsWords)
	for i := range words {
		words[i] = fmt.Sprintf("word%d", i)
	}
	return w.file(
		w.array("documents", mxSPARSE, newsWords, n, w.element(miINT32, w.ints(rows...)), w.element(miINT32, w.ints(starts...)), w.element(miUINT8, bytes.Repeat([]byte{1}, n))),
		w.texts("wordlist", words...),
		w.array("newsgroups", mxDOUBLE, 1, len(groups), w.element(miUINT8, groups)),
		w.texts("groupnames", "comp.*", "rec.*"),
	)
}

func TestNews(t *testing.T) {
	dir := t.TempDir()
	if _, err := News(dir, Train); !errors.Is(err, ErrNotFound) {
		t.Errorf("an empty folder: %v", err)
	}
	groups := append(bytes.Repeat([]byte{1}, 40), bytes.Repeat([]byte{2}, 50)...)
	write(t, dir, map[string][]byte{"20news_w100.mat": newsFile(90, groups)})
	all, err := News(dir, All)
	if err != nil {
		t.Fatal(err)
	}
	if all.Len() != 90 || all.Size() != 100 || all.Words[99] != "word99" || all.Classes[1] != "rec.*" || all.Labels[39] != 0 || all.Labels[40] != 1 {
		t.Errorf("%d postings of %d values, labels %v", all.Len(), all.Size(), all.Labels)
	}
	x := make([]float32, 100)
	all.Floats(x, 7)
	for i, v := range x {
		if want := float32(0); i == 7 && v != 1 || i != 7 && v != want {
			t.Errorf("word %d of posting 7 is %v", i, v)
		}
	}
	if shares := expectPartition(t, all, func(split Split) (*Images, error) { return News(dir, split) }); shares[Train] < 0.75 {
		t.Errorf("the splits have shares of %v", shares)
	}
	for what, c := range map[string]struct {
		groups []byte
		want   []string
	}{
		"too few groups": {groups[1:], []string{"20news_w100.mat", `"newsgroups"`, "expected 1x90", "found 1x89"}},
		"group 0":        {append([]byte{0}, groups[1:]...), []string{"column 1", "from 1 to 2", "found 0"}},
	} {
		t.Run(what, func(t *testing.T) {
			write(t, dir, map[string][]byte{"20news_w100.mat": newsFile(90, c.groups)})
			_, err := News(dir, All)
			expectError(t, err, c.want...)
		})
	}
}

func TestNewsOfficial(t *testing.T) {
	s, err := News(official(t, "20news-w100"), All)
	if err != nil {
		t.Fatal(err)
	}
	ones := 0
	for _, b := range s.Pix {
		ones += int(b)
	}
	var counts [4]int
	for _, label := range s.Labels {
		counts[label]++
	}
	if s.Len() != 16242 || ones != 65451 || counts != [4]int{4605, 3519, 2657, 5461} || s.Words[0] != "aids" || s.Classes[3] != "talk.*" {
		t.Errorf("%d postings of %d words in groups of %v, first word %q, last group %q", s.Len(), ones, counts, s.Words[0], s.Classes[3])
	}
}
