package reproduce

import (
	"encoding/json"
	"fmt"
	"image"
	"io"
	"path/filepath"
	"strings"

	"boltzoo/train"
	"boltzoo/zoo/report"
)

// Page is what an experiment found: tables and figures, as Markdown with
// pictures beside it and as JSON.
type Page struct {
	Title    string    `json:"title"`
	Intro    []string  `json:"intro"` // paragraphs
	Sections []Section `json:"sections"`
}

// Section is a part of a page.
type Section struct {
	Title   string   `json:"title"`
	Text    []string `json:"text,omitempty"` // paragraphs, above the tables
	Tables  []Table  `json:"tables,omitempty"`
	Figures []Figure `json:"figures,omitempty"`
}

// Table has a head and rows of as many cells.
type Table struct {
	Caption string     `json:"caption,omitempty"`
	Head    []string   `json:"head"`
	Rows    [][]string `json:"rows"`
}

// Figure is a picture, and the numbers that it shows.
type Figure struct {
	Name    string      `json:"name"` // of its file, without .png
	Caption string      `json:"caption"`
	Data    any         `json:"data,omitempty"`
	Image   image.Image `json:"-"`
}

// Write writes the page into a folder: NAME.md, NAME.json and the figures.
func (p *Page) Write(folder, name string) error {
	text, err := p.markdown()
	if err != nil {
		return err
	}
	for _, s := range p.Sections {
		for _, f := range s.Figures {
			if err := report.WritePNG(filepath.Join(folder, f.Name+".png"), f.Image); err != nil {
				return err
			}
		}
	}
	if err := writeJSON(filepath.Join(folder, name+".json"), p); err != nil {
		return err
	}
	return train.WriteFile(filepath.Join(folder, name+".md"), func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// markdown is the page as Markdown.
func (p *Page) markdown() (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", p.Title)
	for _, text := range p.Intro {
		fmt.Fprintf(&b, "\n%s\n", text)
	}
	for _, s := range p.Sections {
		fmt.Fprintf(&b, "\n## %s\n", s.Title)
		for _, text := range s.Text {
			fmt.Fprintf(&b, "\n%s\n", text)
		}
		for _, t := range s.Tables {
			if err := t.markdown(&b); err != nil {
				return "", err
			}
		}
		for _, f := range s.Figures {
			fmt.Fprintf(&b, "\n![%s](%s.png)\n\n%s\n", f.Name, f.Name, f.Caption)
		}
	}
	return b.String(), nil
}

func (t Table) markdown(b *strings.Builder) error {
	b.WriteByte('\n')
	if t.Caption != "" {
		fmt.Fprintf(b, "%s\n\n", t.Caption)
	}
	row := func(cells []string) {
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
	row(t.Head)
	fmt.Fprintf(b, "|%s\n", strings.Repeat("---|", len(t.Head)))
	for i, cells := range t.Rows {
		if len(cells) != len(t.Head) {
			return fmt.Errorf("reproduce: table %q, row %d: %d cells, want %d", t.Caption, i, len(cells), len(t.Head))
		}
		row(cells)
	}
	return nil
}

func writeJSON(path string, v any) error {
	return train.WriteFile(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}
