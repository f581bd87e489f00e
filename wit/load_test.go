package wit_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/airsstack/witgen/wit"
	"github.com/airsstack/witgen/wit/packages"
)

func files(nameText ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(nameText); i += 2 {
		m[nameText[i]] = &fstest.MapFile{Data: []byte(nameText[i+1])}
	}
	return m
}

func TestEverythingIsRead(t *testing.T) {
	t.Parallel()
	r, err := wit.LoadFS(files(
		"w/shop.wit", `
/// A shop.
package demo:shop@0.2.0;

/// Things of the shop.
interface goods {
  use demo:base/money@1.0.0.{price as cost};
  /// One order.
  record order { /// What.
    sku: string, count: u32, cost: cost }
  variant fault { none, unknown(string) }
  enum color { red, green }
  flags perms { read, write }
  type orders = list<order>;
  resource basket { constructor(n: u8); add: func(o: order); all: static func() -> list<basket>; }
  @unstable(feature = later)
  soon: func();
  /// Buys.
  buy: func(o: order, how: option<tuple<u8, char>>) -> result<_, fault>;
}
world plugin {
  use goods.{color};
  import goods;
  import tick: func() -> u64;
  import log: interface { write: func(s: string); }
  export run: func(c: color) -> result;
}`,
		"w/deps/base/money.wit", "package demo:base@1.0.0;\ninterface money { record price { cents: u64 } }",
	), "w")
	if err != nil {
		t.Fatal(err)
	}
	if r.Main == nil || r.Main.Name.String() != "demo:shop@0.2.0" || r.Main.Docs != "A shop." {
		t.Errorf("main package %+v", r.Main)
	}
	var b strings.Builder
	for _, w := range r.Worlds() {
		fmt.Fprintln(&b, "world", w.ID())
		for _, it := range w.Imports {
			fmt.Fprintln(&b, "import", it.ItemName())
		}
		for _, it := range w.Exports {
			fmt.Fprintln(&b, "export", it.ItemName())
		}
		for _, d := range w.Types {
			fmt.Fprintln(&b, d.Declaration(), d.Used() != nil)
		}
	}
	for _, i := range r.Main.Interfaces {
		fmt.Fprintln(&b, "interface", i.ID(), i.Docs)
		for _, d := range i.Types {
			fmt.Fprintln(&b, d.Declaration(), d.Docs)
		}
		for _, f := range i.Funcs {
			fmt.Fprintln(&b, f, f.Docs)
		}
	}
	const want = `world demo:shop/plugin@0.2.0
import demo:base/money@1.0.0
import demo:shop/goods@0.2.0
import log
import tick
export run
type color = color true
interface demo:shop/goods@0.2.0 Things of the shop.
type cost = price 
record order { sku: string, count: u32, cost: cost } One order.
variant fault { none, unknown(string) } 
enum color { red, green } 
flags perms { read, write } 
type orders = list<order> 
resource basket 
[constructor]basket: func(n: u8) -> basket 
[method]basket.add: func(self: borrow<basket>, o: order) 
[static]basket.all: func() -> list<basket> 
buy: func(o: order, how: option<tuple<u8, char>>) -> result<_, fault> Buys.
`
	if got := b.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if n := len(r.FindWorlds("plugin")); n != 1 {
		t.Errorf("plugin means %d worlds", n)
	}
	if n := len(r.FindWorlds("demo:shop/plugin")); n != 1 {
		t.Errorf("demo:shop/plugin means %d worlds", n)
	}
	if n := len(r.FindWorlds("demo:shop/plugin@0.3.0")); n != 0 {
		t.Errorf("another version means %d worlds", n)
	}
}

func TestMistakesHaveTheirPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, wit, want string }{
		{
			"unknown type", "package a:b;\ninterface x {\n  f: func(o: moeny) -> u32;\n}",
			"w/a.wit:3:14: type `moeny` is not defined\n    3 |   f: func(o: moeny) -> u32;\n      |              ^^^^^",
		},
		{
			"near type", "package a:b;\ninterface x {\n  record money { cents: u64 }\n  f: func(o: moeny) -> u32;\n}",
			"w/a.wit:4:14: type `moeny` is not defined\n    4 |   f: func(o: moeny) -> u32;\n      |              ^^^^^ did you mean `money`, declared at w/a.wit:3:10?",
		},
		{
			"grammar", "package a:b;\ninterface x {\n  f func();\n}",
			"w/a.wit:3:5: expected `:`, found keyword `func`\n    3 |   f func();\n      |     ^^^^",
		},
		{
			"unknown package", "package a:b;\nworld w { import foo:bar/baz; }",
			"w/a.wit:2:18: package `foo:bar` is not found\n    2 | world w { import foo:bar/baz; }\n      |                  ^^^^^^^ put it into deps/; known packages: a:b",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := wit.LoadFS(files("w/a.wit", c.wit), "w")
			if err == nil || err.Error() != c.want {
				t.Errorf("got:\n%v\nwant:\n%v", err, c.want)
			}
		})
	}
}

func TestErrorsAreTyped(t *testing.T) {
	t.Parallel()
	_, err := wit.LoadFS(files("w/a.wit", "package a:b;\ninterface x { f: func(o: moeny); }"), "w")
	if e, ok := errors.AsType[*wit.Error](err); !ok || e.Pos.Line != 2 {
		t.Errorf("%v is no error in line 2", err)
	}
	_, err = wit.LoadFS(files("w/a.wit", "package a:b;\ninterface x { f: func(o: moeny); }\ninterface y { use z.{a}; }"), "w")
	if l, ok := errors.AsType[wit.ErrorList](err); !ok || len(l) != 2 {
		t.Errorf("%v is no list of two errors", err)
	}
	if _, ok := errors.AsType[*wit.Error](err); !ok {
		t.Errorf("%v holds no error", err)
	}
	if _, err = wit.LoadFS(files("w/readme.md", "x"), "w"); err == nil || err.Error() != "w: no .wit file in this folder" {
		t.Errorf("an empty folder gives %v", err)
	}
	if _, err = wit.Load("testdata/nowhere"); err == nil || !strings.Contains(err.Error(), "testdata/nowhere: no such file") {
		t.Errorf("a missing folder gives %v", err)
	}
}

func TestThePackagesOfTheSystemAreRead(t *testing.T) {
	t.Parallel()
	r, err := wit.LoadFS(packages.FS, "airssys-core")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.FindWorlds("airssys-component")) != 1 {
		t.Error("the world airssys-component is missing")
	}
}

func TestTheDigestTellsSourcesApart(t *testing.T) {
	t.Parallel()
	digest := func(text string) string {
		t.Helper()
		r, err := wit.LoadFS(files("w/a.wit", text), "w")
		if err != nil {
			t.Fatal(err)
		}
		return r.Digest
	}
	a := digest("package a:b;\ninterface x {}")
	if b := digest("package a:b;\ninterface y {}"); a == b {
		t.Error("other sources have the same digest")
	}
	if b := digest("package a:b;\r\ninterface x {}"); a != b {
		t.Error("line ends change the digest")
	}
}
