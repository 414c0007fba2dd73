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
		mnistRBMCD1(),
		mnistRBMCentred(),
		mnistRBMPCD(),
		mnistRBMCD25(),
		mnistDBN2000(),
		freyGRBM(),
		cifarGRBM(),
		newsRBM(),
		mnistDBN500(),
		fashionDBN500(),
		mnistSigmoid(),
		birdsongDBN(),
		birdsongSigmoid(),
		celebaAERestore(),
		celebaAEColor(),
		cifarAEColor(),
		mnistAELinear(),
		mnistAETied(),
		mnistAEDeep(),
		mnistSDAE(),
		mnistAERBMSigmoid(),
		mnistAESigmoid(),
		mnistAEReLU(),
		birdsongAE(),
		spiralDenoising(),
	}
}
