package data

import "fmt"

// WithLabels returns a copy for a model of images and labels together: each image is a row of its values and then
// one for each class, 1 for its own and 0 for the others. Its shape is 1, 1, size plus classes.
func (s *Images) WithLabels(classes int) (*Images, error) {
	if len(s.Labels) != s.Len() {
		return nil, fmt.Errorf("data: %s: expected a label for each of %d images, found %d", s.Name, s.Len(), len(s.Labels))
	}
	joint := *s
	joint.release = nil
	size := s.Size()
	joint.Height, joint.Width, joint.Channels = 1, 1, size+classes
	joint.Pix = make([]byte, s.Len()*joint.Channels)
	for i, label := range s.Labels {
		if int(label) >= classes {
			return nil, fmt.Errorf("data: %s: image %d: expected a label below %d, found %d", s.Name, i, classes, label)
		}
		row := joint.Pix[i*joint.Channels : (i+1)*joint.Channels]
		copy(row, s.Pix[i*size:(i+1)*size])
		row[size+int(label)] = s.one()
	}
	joint.Sum = sum(joint.Pix)
	return &joint, nil
}
