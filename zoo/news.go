package zoo

import (
	"boltzoo/models"
	"boltzoo/models/unit"
	"boltzoo/train"
)

// newsRBM is a machine over the words of postings, whose hidden units are
// topics; the card of a run has the words of each. 20 units are few enough to
// count log Z. Sparsity makes topics of what would be contrasts, hardware against
// religion, for 0.07 nats: the log-likelihood of a test posting, counted
// (zoo eval --metrics loglik,probe --train 15000), and the error of a linear
// classifier of the codes, in four classes:
//
//	as it stands               −14.29   20.5 %
//	not sparse                 −14.22   21.1 %
//	not sparse, L1 0.001       −14.54   21.1 %
//	not sparse, 50 units       −14.1    18.9 %   (by AIS and reverse AIS)
func newsRBM() Recipe {
	return Recipe{
		Name:  "20news-rbm",
		About: "Binary restricted Boltzmann machine of 20 hidden topics on which of 100 words are in a posting",
		Paper: "Hinton 2002; Tieleman 2008",
		Data:  Source{Set: "20news-w100", Whole: true},
		Model: models.RBM{
			Visible: unit.Binary{}, Hidden: unit.Binary{},
			Shape: []int{1, 100, 1}, Units: 20, Centred: true,
		},
		Stages: []train.Stage{{
			Name:      "chains",
			Objective: train.PCD{Chains: 100},
			Optimizer: train.Adam{Rate: 0.002},
			Schedule:  train.Linear,
			Penalties: train.Penalties{Sparsity: train.Sparsity{Target: 0.1, Cost: 0.1}},
			Epochs:    60, Batch: 100,
			DataStart: 0.1,
		}},
		Expect: []Expect{{Metric: testError, Value: 0.0308, Source: "zoo train 20news-rbm"}},
		Seed:   1, // and no samples: a row of words is nothing to look at
	}
}
