// Package audio turns recordings into frames of mel-frequency cepstral coefficients, the features that the sparseness
// study of bird song is about. It reads WAV files and knows no data set.
package audio
