package zoo

import (
	"fmt"
	"io"
	"strings"
	"text/template"
)

// cardText is what a run's card says.
const cardText = `# {{.Run.Recipe.Name}}

{{.Run.Recipe.About}}.{{with .Run.Recipe.Paper}} After {{.}}.{{end}}

Trained on {{.Run.Data.Images}} images of {{.Run.Data.Name}}{{if .Run.Data.BuiltIn}}, which are **generated**, not photographs{{end}}, {{.Run.Data.Height}}×{{.Run.Data.Width}}×{{.Run.Data.Channels}}
(SHA-256 {{.Run.Data.Sum}}), seed {{.Run.Recipe.Seed}}, by boltzoo {{.Run.Program.Version}}{{with .Run.Program.Revision}} ({{.}}){{end}}, {{.Run.Program.Go}} on {{.Run.Program.Machine}}.

{{if .Samples}}![samples](samples.png)

Samples.
{{else}}This model has no samples.
{{end}}{{if .Run.Data.Pictures}}
![reconstructions](reconstructions.png)

Test pictures, each above {{with .Run.Recipe.Corruption}}what {{.}} makes of it, and what the model makes of that{{else}}its reconstruction through the whole model{{end}}.
{{end}}{{if .Run.Data.Plane}}
![field](field.png)

Test examples, and where the model moves points of the plane.
{{end}}{{with .Topics}}
## Words

What the hidden units mean: the words of their largest weights.

| unit | on: likelier | less likely |
|---|---|---|
{{range .}}| {{.Unit}} | {{join .More}} | {{join .Less}} |
{{end}}{{end}}
## Numbers

Mean square of pixel − reconstruction, pixels from 0 to 1, over {{.Test.Images}} test images of {{.Test.Set}}:

| layers up and down | error |
|---|---|
{{range .Test.Depths}}| {{.Layers}} | {{printf "%.5f" .Error}} |
{{end}}{{with .Test.Restoration}}
How like the originals test pictures are that are corrupted by {{.Corruption}}: mean square of the differences and its
peak signal-to-noise ratio, mean structural similarity (1: alike):

| | error | PSNR | SSIM |
|---|---|---|---|
{{range .Ways}}| {{.Way}} | {{printf "%.5f" .Error}} | {{with .PSNR}}{{printf "%.2f dB" .}}{{else}}∞{{end}} | {{printf "%.3f" .SSIM}} |
{{end}}{{end}}{{with .Test.Mistaken}}
Test images that are taken for another class: {{percent .}}.
{{end}}{{range .Expected}}
Expected: {{printf "%.5f" .Value}} ({{.Source}}).
{{end}}
Beside the principal components:

    zoo reconstruct {{.Folder}} --depths --pca {{.Components}}

## Use

{{if .Samples}}    zoo sample {{.Folder}} -n 64 --seed 2 -o samples.png
{{end}}{{if .Run.Data.Pictures}}    zoo reconstruct {{.Folder}} PICTURE.jpg -o pair.png
    zoo encode {{.Folder}} PICTURE.jpg -o code.npy
{{with .Run.Recipe.Corruption}}    zoo reconstruct {{$.Folder}} PICTURE.jpg --corrupt {{.}} -o restored.png
{{end}}{{end}}{{if .Run.Data.Plane}}    zoo plot {{.Folder}} --field
{{end}}    zoo eval {{.Folder}}
    zoo export {{.Folder}} -o {{.Run.Recipe.Name}}.safetensors
    zoo train {{.Run.Recipe.Name}} --out {{.Folder}} --resume --epochs {{.More}}

` + "`recipe.json` has everything that decided the result, `metrics.jsonl` each layer's loss and\nactivity, `model.safetensors` the weights with the recipe.\n"

// card writes the card of a finished run.
func card(trained *Trained, result *Result) func(io.Writer) error {
	return func(w io.Writer) error {
		run := trained.Run
		t, err := template.New(cardFile).Funcs(template.FuncMap{
			"percent": func(share *float64) string { return fmt.Sprintf("%.2f %%", 100**share) },
			"join":    func(words []string) string { return strings.Join(words, ", ") },
		}).Parse(cardText)
		if err != nil {
			return fmt.Errorf("zoo: card: %w", err)
		}
		last := run.Recipe.Stages[len(run.Recipe.Stages)-1]
		d := run.Data
		components := min(result.Test.Codes.Units, 100, d.Height*d.Width*d.Channels, d.Images-1) // as many as units of the code
		return t.Execute(w, struct {
			Run        Run
			Test       Test
			Expected   []Expect
			Folder     string
			More       int
			Samples    bool
			Topics     []Topic
			Components int
		}{run, result.Test, result.Expected, result.Run, 2 * last.Epochs, run.Recipe.Sampling != (Sampling{}), trained.Topics(), components})
	}
}
