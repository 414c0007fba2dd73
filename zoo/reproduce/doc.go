// Package reproduce does the experiments of papers again, from the data to a
// page that has the paper's numbers beside ours.
//
// An experiment trains recipes of the zoo, each a run in the folder of the
// experiment, measures them, and draws what the paper draws:
//
//	lab := &reproduce.Lab{Folder: "runs/p3", Root: "data"}
//	page, err := experiment.Run(ctx, lab)
//	…
//	err = page.Write(lab.Folder, experiment.Name)
//
// What is done is not done again: an experiment that was stopped goes on where
// it was.
package reproduce
