// Package data reads what models are trained on: the official files of CelebA, MNIST, CIFAR-10 and other sets, any
// folder of images, words of newsgroups, recordings as frames of cepstral coefficients, and built-in generators: of
// faces and digits for a machine that has none of them, and of points near a curve. It knows no model and no
// computation graph.
//
// Every reader returns [Images]: bytes, all images of one size, with a checksum. Images that are expensive to decode
// are decoded once, into a cache that later runs map into memory. A [Loader] turns them into shuffled batches of
// float32 in [0,1], read ahead while the caller computes. Sets can be divided, cut down to classes or to a few examples
// of each, and made binary.
//
// A file that is not what it should be is an error that names the file, the place in it, what was expected there
// and what was found.
package data
