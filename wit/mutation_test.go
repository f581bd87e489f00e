package wit_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/airsstack/witgen/wit"
)

var words = regexp.MustCompile(`[%a-zA-Z0-9-]+|\s+|(?s:.)`)

// TestChangedInputs exchanges words of the other tests' inputs at random. Whatever
// comes out is refused, or can be printed and read again as the same model.
func TestChangedInputs(t *testing.T) {
	t.Parallel()
	var inputs [][]string
	var all []string
	for _, pattern := range []string{"testdata/*/*.wit", "syntax/testdata/*.wit"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			list := words.FindAllString(string(text), -1)
			inputs, all = append(inputs, list), append(all, list...)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	good := 0
	for range 4000 {
		text := change(r, inputs[r.IntN(len(inputs))], all)
		model, err := wit.LoadFS(files("f.wit", text), "f.wit", wit.WithAllFeatures())
		if err != nil {
			if strings.Contains(err.Error(), "%!") {
				t.Fatalf("%v", err)
			}
			continue
		}
		good++
		if msg := roundTrip("f.wit", model); msg != "" {
			t.Fatalf("%s\n%s", msg, text)
		}
	}
	if good < 100 {
		t.Errorf("only %d inputs were good", good)
	}
}

// change exchanges a few words of a list.
func change(r *rand.Rand, list, all []string) string {
	list = append([]string{}, list...)
	for range 1 + r.IntN(3) {
		i, j := r.IntN(len(list)), r.IntN(len(list))
		switch r.IntN(5) {
		case 0:
			list[i] = list[j]
		case 1:
			list[i], list[j] = list[j], list[i]
		case 2:
			list[i] = ""
		case 3:
			list[i] = all[r.IntN(len(all))]
		case 4:
			if i < j && j < i+60 {
				list[i] += strings.Join(list[i:j], "")
			}
		}
	}
	return strings.Join(list, "")
}
