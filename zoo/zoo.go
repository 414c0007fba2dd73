package zoo

// All lists the recipes in the order in which they are shown.
func All() []Recipe {
	return []Recipe{
		celebaDBN(),
		celebaDBNGreedy(),
		celebaDBNFineTuned(),
		celebaDBNPaper(),
		celeba128DBN(),
		mnistDBN(),
		mnistRBM(),
		mnistDBN500(),
		fashionDBN500(),
		mnistSigmoid(),
		birdsongDBN(),
		birdsongSigmoid(),
	}
}
