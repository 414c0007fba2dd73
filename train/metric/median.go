package metric

import "slices"

// Median is pictures (n×height×width×channels) after a median filter, which takes
// noise away without having learnt anything: each value is the median of those
// around it, 3×3 pixels of its channel or what of them lies within the picture,
// the mean of the middle two where these are even in number.
func Median(pictures []float32, height, width, channels int) []float32 {
	out := make([]float32, len(pictures))
	size := height * width * channels
	around := make([]float32, 0, 9)
	for k := range out {
		picture, at := pictures[k/size*size:][:size], k%size
		i, j, c := at/channels/width, at/channels%width, at%channels
		around = around[:0]
		for y := max(i-1, 0); y <= min(i+1, height-1); y++ {
			for x := max(j-1, 0); x <= min(j+1, width-1); x++ {
				around = append(around, picture[(y*width+x)*channels+c])
			}
		}
		slices.Sort(around)
		n := len(around)
		out[k] = (around[(n-1)/2] + around[n/2]) / 2
	}
	return out
}
