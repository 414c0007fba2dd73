package data

import "fmt"

// newsWords is the number of words that are looked for in each posting.
const newsWords = 100

// News reads the words of 20 Newsgroups in the small form by Sam Roweis: 20news_w100.mat in dir
// (https://cs.nyu.edu/~roweis/data.html), which tells of 16,242 postings which of 100 words they have. An image is a
// posting, 1 x 100 x 1, with 1 for a word that is in it and 0 for one that is not; [Images.Words] are the words,
// and the class is one of comp, rec, sci and talk.
//
// The file has arrays "documents", 100 x 16242 and sparse, "newsgroups", 1 x 16242 of 1 to 4, and cells of text
// "wordlist" and "groupnames". It is sorted by class and comes without a division: a hash of its number puts each
// posting in a split, in 90, 5 and 5 of a hundred.
func News(dir string, split Split) (*Images, error) {
	s, err := readNews(dir, split)
	if err != nil {
		return nil, fmt.Errorf("data: news: %w", err)
	}
	return s, nil
}

func readNews(dir string, split Split) (*Images, error) {
	if split < Train || split > All {
		return nil, fmt.Errorf("unknown split %v", split)
	}
	path, arrays, err := findMAT(dir, "20news_w100.mat", "documents", "newsgroups", "wordlist", "groupnames")
	if err != nil {
		return nil, err
	}
	s, err := newsOf(arrays)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s.hashed(split), nil
}

// newsOf makes the set of the arrays of the file.
func newsOf(arrays map[string]matArray) (s *Images, err error) {
	s = &Images{Name: "20news-w100", Height: 1, Width: newsWords, Channels: 1, One: 1}
	if s.Pix, err = arrays["documents"].bytes("documents", newsWords, 0, 1); err != nil {
		return nil, err
	}
	if s.Words, err = arrays["wordlist"].texts("wordlist", newsWords); err != nil {
		return nil, err
	}
	if s.Classes, err = arrays["groupnames"].texts("groupnames", len(arrays["groupnames"].cells)); err != nil {
		return nil, err
	}
	groups := arrays["newsgroups"]
	if s.Labels, err = groups.bytes("newsgroups", 1, s.Len(), 255); err != nil {
		return nil, err
	}
	for i, group := range s.Labels {
		if group < 1 || int(group) > len(s.Classes) {
			return nil, fmt.Errorf("array \"newsgroups\" at offset %d, column %d: expected a group from 1 to %d, found %d",
				groups.offset, i+1, len(s.Classes), group)
		}
		s.Labels[i] = group - 1
	}
	s.Sum = sum(s.Pix)
	return s, nil
}
