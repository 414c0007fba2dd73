package zoo

import (
	"cmp"
	"slices"

	"boltzoo/models"
)

// Topic is what a hidden unit means for words.
type Topic struct {
	Unit int      // from 0
	More []string // words that are likelier where the unit is on, the largest weight first
	Less []string // words that are less likely, so too
}

// topicWords is how many words of each sign a topic has at most.
const topicWords = 6

// topicShare is the least weight of a word of a topic, as a share of the
// unit's largest.
const topicShare = 0.25

// Topics are what the units of the first layer mean, those of the largest
// norm of weights first; none where the values of an image have no names.
func (t *Trained) Topics() []Topic {
	net, ok := t.Model.(models.Layered)
	words := t.Run.Data.Words
	if !ok || words == nil {
		return nil
	}
	w := net.Layers()[0].Weight
	units := w.Shape[len(w.Shape)-1]
	topics, norms := make([]Topic, units), make([]float64, units)
	for j := range topics {
		of := func(word int) float64 { return float64(w.Data[word*units+j]) }
		order := make([]int, len(words))
		largest := 0.0
		for i := range order {
			order[i] = i
			largest = max(largest, of(i), -of(i))
			norms[j] += of(i) * of(i)
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(of(b), of(a)) })
		topics[j].Unit = j
		for k := range min(topicWords, len(order)) {
			if most := order[k]; of(most) > topicShare*largest {
				topics[j].More = append(topics[j].More, words[most])
			}
			if least := order[len(order)-1-k]; of(least) < -topicShare*largest {
				topics[j].Less = append(topics[j].Less, words[least])
			}
		}
	}
	slices.SortStableFunc(topics, func(a, b Topic) int { return cmp.Compare(norms[b.Unit], norms[a.Unit]) })
	return topics
}
