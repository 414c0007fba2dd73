// Package zoo has the recipes, plain values that say all of how a model is
// trained, and what is done with them: finding their data, running them in a
// folder that can be resumed, opening what was trained, drawing samples.
//
//	recipe, err := zoo.Lookup(zoo.All(), "celeba-dbn")
//	…
//	t, err := zoo.Start(recipe, zoo.Options{Root: "data"}, "runs/celeba-dbn")
//	…
//	err = t.Train(ctx, nil)
//	…
//	result, err := t.Finish(ctx)
//
// A recipe of one's own needs no change here: it is a value to give to Start,
// or to the commands of package boltzoo/cmd/zoo/command.
package zoo
