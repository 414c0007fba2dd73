package zoo

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// matElement is an element of a MAT-file of level 5.
func matElement(kind uint32, data []byte) []byte {
	out := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, kind), uint32(len(data)))
	return append(append(out, data...), make([]byte, (8-len(data)%8)%8)...)
}

// matArray is an array of that class, with its values in parts.
func matArray(name string, class, rows, cols uint32, parts ...[]byte) []byte {
	const matrix, int8s, int32s, uint32s = 14, 1, 5, 6
	pair := func(a, b uint32) []byte {
		return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, a), b)
	}
	data := slices.Concat(matElement(uint32s, pair(class, 0)), matElement(int32s, pair(rows, cols)), matElement(int8s, []byte(name)))
	return matElement(matrix, append(data, bytes.Join(parts, nil)...))
}

// matBytes is an array of bytes, the columns one after the other.
func matBytes(name string, rows int, values []byte) []byte {
	const class, uint8s = 9, 2
	return matArray(name, class, uint32(rows), uint32(len(values)/rows), matElement(uint8s, values))
}

// matTexts is a row of cells of text.
func matTexts(name string, texts ...string) []byte {
	const cell, char, utf8 = 1, 4, 16
	var cells [][]byte
	for _, text := range texts {
		cells = append(cells, matArray("", char, 1, uint32(len(text)), matElement(utf8, []byte(text))))
	}
	return matArray(name, cell, 1, uint32(len(texts)), cells...)
}

// matRoot is a folder of data sets with two of 100 examples: pictures like
// the Frey faces, and postings like those of 20 Newsgroups.
func matRoot(t *testing.T) string {
	t.Helper()
	const n, pixels, words = 100, 28 * 20, 100
	faces, documents, groups := make([]byte, n*pixels), make([]byte, n*words), make([]byte, n)
	for i := range faces {
		faces[i] = byte(i * i % 251)
	}
	for i := range documents {
		documents[i] = byte(i * i % 11 / 5) // 0 or 1
	}
	names := make([]string, words)
	for i := range groups {
		groups[i] = byte(1 + i%4)
		names[i] = fmt.Sprintf("word%d", i)
	}
	root := t.TempDir()
	for path, arrays := range map[string][]byte{
		"frey-faces/frey_rawface.mat": matBytes("ff", pixels, faces),
		"20news-w100/20news_w100.mat": slices.Concat(matBytes("documents", words, documents), matBytes("newsgroups", 1, groups),
			matTexts("wordlist", names...), matTexts("groupnames", "a", "b", "c", "d")),
	} {
		header := append(bytes.Repeat([]byte(" "), 124), 0, 1, 'I', 'M')
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(header, arrays...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}
