// Package safetensors reads and writes named tensors in the safetensors format,
// the common exchange format of trained weights
// (https://github.com/huggingface/safetensors, section "Format"):
//
//	8 bytes   N, the length of the header, unsigned little-endian
//	N bytes   the header: a JSON object, padded at its end with spaces
//	the rest  the data of the tensors, little-endian, row-major
//
// The header maps a tensor's name to its dtype, its shape and the bytes of the
// data that are its own, counted from the end of the header:
//
//	{"__metadata__":{"format":"pt"},"weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}
//
// The name "__metadata__" is reserved for a map from strings to strings.
// Together the tensors cover the data without holes and without overlap.
//
// Numbers are float32 in memory. A file may hold them as F32 or as F16; Decode
// reads both, and refuses the other dtypes by name.
package safetensors
