package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/airsstack/witgen/runtime/capability"
)

// A risk is what a component could do with one ability, if everything that it may ask for were granted.
type risk struct {
	// Level is "high", "medium" or "low": how bad the worst of it would be.
	Level string `json:"level"`
	// Could names the ability, Worst the worst that it can be used for.
	Could string `json:"could"`
	Worst string `json:"worst"`
	// By are the imported functions that it needs, Held what holds it in: the keys of a manifest.
	By   []string `json:"by"`
	Held []string `json:"held"`
}

// worst says of each ability how bad it can be.
var worst = map[string]struct{ level, words string }{
	toProcess:                            {"high", "runs programs, which can do whatever you can"},
	toFiles:                              {"high", "reads, changes or deletes every file that it is let near"},
	toNetwork:                            {"high", "talks to others, within your network too"},
	toMessage:                            {"medium", "has other components act for it: what they may, it may by way of them"},
	toHandOn:                             {"medium", "lets others do what only it was trusted with, and ask of them what it is not"},
	"publish and listen by topic":        {"medium", "hears what is meant for others, or has them act on what it makes up"},
	"keep data in a store":               {"medium", "fills the store, or reads what others keep where its grant is wide"},
	"read its arguments and environment": {"medium", "sees secrets that are handed over in variables"},
	"see which components run":           {"low", "learns what else runs here"},
	"write logs":                         {"low", "fills the log, or writes what misleads its readers"},
	"read the clock":                     {"low", "measures how long things take, which can tell what others do"},
	"draw random numbers":                {"low", "nothing by itself"},
}

// together are abilities that are worse in company.
var together = []struct {
	of    [2]string
	words string
}{
	{[2]string{toFiles, toNetwork}, "files and network: it could send what it reads to others, and bring in what it then writes"},
	{[2]string{toFiles, toProcess}, "files and processes: it could write a program and run it"},
	{[2]string{toNetwork, toProcess}, "network and processes: others could run programs here through it"},
	{[2]string{toMessage, toNetwork}, "messages and network: it could pass on what other components tell it"},
	{[2]string{"read its arguments and environment", toNetwork}, "environment and network: it could send secrets from variables to others"},
}

// A riskReport is what `witgen inspect --risk` prints.
type riskReport struct {
	File     string   `json:"file"`
	World    string   `json:"world,omitempty"`
	Risks    []risk   `json:"risks"`
	Together []string `json:"together"`
	Cannot   []string `json:"cannot"`
	// Unknown are imports of which nothing is known here: the host decides what they do.
	Unknown []string `json:"unknown"`
}

var riskLevels = []string{"high", "medium", "low"}

// risks judges the imports of a world.
func (w *inspectedWorld) risks(file string) riskReport {
	report := riskReport{File: file, World: w.Name, Risks: []risk{}, Together: []string{}, Cannot: w.Cannot, Unknown: w.Unknown}
	for _, words := range w.Could {
		r := risk{Level: "medium", Could: words, Worst: "it is not judged here"}
		if known, ok := worst[words]; ok {
			r.Level, r.Worst = known.level, known.words
		}
		r.By, r.Held = w.behind(words)
		report.Risks = append(report.Risks, r)
	}
	slices.SortStableFunc(report.Risks, func(a, b risk) int {
		return slices.Index(riskLevels, a.Level) - slices.Index(riskLevels, b.Level)
	})
	for _, t := range together {
		if slices.Contains(w.Could, t.of[0]) && slices.Contains(w.Could, t.of[1]) {
			report.Together = append(report.Together, t.words)
		}
	}
	return report
}

// behind gives the functions that an ability comes from, and the keys of a manifest that hold it in.
func (w *inspectedWorld) behind(words string) (by, held []string) {
	add := func(list *[]string, s string) {
		if !slices.Contains(*list, s) {
			*list = append(*list, s)
		}
	}
	for _, item := range w.Imports {
		for _, f := range item.Functions {
			for _, n := range f.Needs {
				i := slices.IndexFunc(abilities, func(a ability) bool { return a.gives(n, packageOf(item.Name), f.Name) })
				if i < 0 || abilities[i].words != words {
					continue
				}
				add(&by, f.Name)
				action := n.Action
				if n.Kind != capability.Import && !plainAction(action) { // it depends on the arguments
					action = "*"
				}
				add(&held, capability.Key(n.Kind, action))
				if kind := abilities[i].kind; n.Kind == capability.Import && kind != "" { // which the implementation asks the guard about
					add(&held, capability.Key(kind, "*"))
				}
			}
		}
	}
	return by, held
}

// plainAction says whether an action is a word, not a path into the arguments.
func plainAction(action string) bool {
	return action != "" && !strings.ContainsFunc(action, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') })
}

// writeRisks writes the judgement, one for each world.
func (in *inspection) writeRisks(out io.Writer, asJSON bool) error {
	for i := range in.Worlds {
		report := in.Worlds[i].risks(in.File)
		if asJSON {
			e := json.NewEncoder(out)
			e.SetEscapeHTML(false)
			if err := e.Encode(report); err != nil {
				return err
			}
			continue
		}
		report.write(out)
	}
	return nil
}

func (r *riskReport) write(out io.Writer) {
	fmt.Fprintf(out, "%s, if everything that it can ask for were granted\n", r.File)
	if len(r.Risks)+len(r.Unknown) == 0 {
		fmt.Fprintln(out, "\nit can compute, and nothing else; what it costs is held in by the limits")
	}
	for _, k := range r.Risks {
		fmt.Fprintf(out, "\n%-6s  it could %s\n        worst: %s\n        by %s; held in by %s\n", k.Level, k.Could, k.Worst, list(k.By, 6), list(k.Held, 6))
	}
	for _, u := range r.Unknown {
		fmt.Fprintf(out, "\n%-6s  it could do whatever the host lets it do through %s\n", "?", u)
	}
	if len(r.Together) > 0 {
		fmt.Fprintf(out, "\ntogether\n  %s\n", strings.Join(r.Together, "\n  "))
	}
	if len(r.Cannot) > 0 {
		fmt.Fprintf(out, "\nit cannot: %s\n", strings.Join(r.Cannot, ", "))
	}
}

// list names at most so many things.
func list(all []string, most int) string {
	if len(all) <= most {
		return strings.Join(all, ", ")
	}
	return strings.Join(all[:most], ", ") + fmt.Sprintf(" and %d more", len(all)-most)
}
