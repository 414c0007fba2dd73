package zoo

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"boltzoo/train"
)

// log is metrics.jsonl: a line for the last step of each epoch, and for about
// fifty on the way. A line is a train.Step as JSON; the last one of a finished
// run is its Test.
type log struct {
	file *os.File
	w    *bufio.Writer
}

// linesAnEpoch is how many steps of an epoch are written, at least where it has
// so many.
const linesAnEpoch = 50

// openLog opens the file for the lines from a step on; later ones, and one that
// was half written, go.
func openLog(path string, step int) (*log, error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("zoo: open log: %w", err)
	}
	keep := text[:0]
	for line := range bytes.Lines(text) {
		var at struct {
			Step *int `json:"step"`
		}
		if json.Unmarshal(line, &at) != nil || at.Step == nil || *at.Step >= step {
			break
		}
		keep = text[:len(keep)+len(line)]
	}
	if err := writeFile(path, func(w io.Writer) error { _, err := w.Write(keep); return err }); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("zoo: open log: %w", err)
	}
	return &log{file, bufio.NewWriter(file)}, nil
}

func (l *log) step(s train.Step) error {
	if !s.EndOfEpoch && s.Batch%max(1, s.Batches/linesAnEpoch) != 0 {
		return nil
	}
	return l.write(s)
}

func (l *log) write(line any) error {
	text, err := json.Marshal(line)
	if err == nil {
		_, err = l.w.Write(append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("zoo: write %s: %w", l.file.Name(), err)
	}
	return nil
}

// Sync puts the lines on disk.
func (l *log) Sync() error {
	if err := errors.Join(l.w.Flush(), l.file.Sync()); err != nil {
		return fmt.Errorf("zoo: write %s: %w", l.file.Name(), err)
	}
	return nil
}

// Close writes what is left and closes the file.
func (l *log) Close() error { return errors.Join(l.Sync(), l.file.Close()) }

// readLog is the steps of a run's log, and its test, nil where it is not
// finished.
func readLog(path string) (steps []train.Step, test *Test, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("zoo: read log: %w", err)
	}
	defer file.Close()
	d := json.NewDecoder(file)
	for number := 1; ; number++ {
		var line struct {
			train.Step
			Test *Test `json:"test"`
		}
		err := d.Decode(&line)
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) { // a line that is being written
			return steps, test, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("zoo: %s: line %d: %w", path, number, err)
		}
		if line.Test != nil {
			test = line.Test
		} else {
			steps = append(steps, line.Step)
		}
	}
}
