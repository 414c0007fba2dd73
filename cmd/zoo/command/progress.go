package command

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"boltzoo/train"
	"boltzoo/zoo"
)

// progress shows how far a training is: a bar on a terminal, elsewhere a line
// an epoch.
type progress struct {
	w      io.Writer
	stages []train.Stage
	bar    *progressbar.ProgressBar // nil until the first step, and where there is no terminal
	live   bool
}

func newProgress(w io.Writer, stages []train.Stage) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, stages: stages, live: ok && term.IsTerminal(int(f.Fd()))}
}

func (p *progress) tell(now zoo.Progress) {
	text := fmt.Sprintf("%s %d/%d  loss %.4g  %.0f images/s  %v left",
		now.Name, now.Epoch+1, p.stages[now.Stage].Epochs, now.Loss, now.Rate, now.Left.Round(time.Second))
	if !p.live {
		if now.EndOfEpoch {
			fmt.Fprintln(p.w, text)
		}
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(now.Total,
			progressbar.OptionSetWriter(p.w),
			progressbar.OptionSetWidth(20),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionThrottle(200*time.Millisecond),
		)
	}
	p.bar.Describe(text)
	_ = p.bar.Set(now.Done) // a terminal that takes no bar is no reason to stop
}

func (p *progress) end() {
	if p.bar != nil {
		fmt.Fprintln(p.w)
	}
}
