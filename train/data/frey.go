package data

import "fmt"

// The shape of a picture of the Frey faces.
const freyHeight, freyWidth = 28, 20

// Frey reads the Frey faces, 1,965 pictures of one face from a film, 28 x 20 x 1, grey: frey_rawface.mat in dir, as
// Sam Roweis gives it out (https://cs.nyu.edu/~roweis/data.html), an array "ff" of bytes with a picture in each
// column, row by row.
//
// The set comes without a division. A hash of its number puts each picture in a split, in 90, 5 and 5 of a hundred;
// neighbours in the film are much alike, so that Test has faces near to those of Train.
func Frey(dir string, split Split) (*Images, error) {
	s, err := readFrey(dir, split)
	if err != nil {
		return nil, fmt.Errorf("data: frey: %w", err)
	}
	return s, nil
}

func readFrey(dir string, split Split) (*Images, error) {
	if split < Train || split > All {
		return nil, fmt.Errorf("unknown split %v", split)
	}
	path, arrays, err := findMAT(dir, "frey_rawface.mat", "ff")
	if err != nil {
		return nil, err
	}
	s := &Images{Name: "frey-faces", Height: freyHeight, Width: freyWidth, Channels: 1}
	if s.Pix, err = arrays["ff"].bytes("ff", freyHeight*freyWidth, 0, 255); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s.Sum = sum(s.Pix)
	return s.hashed(split), nil
}
