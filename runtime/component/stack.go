package component

import (
	"fmt"
	"strconv"
	"strings"
)

// Core modules are compiled under the name "m<instantiation>" and without
// function names, and carry line tables of our own, so that each frame of the
// engine's trace reads
//
//	m2.$12(i32,i32) i32
//		0x1f4: …
//
// from which the function and the instruction in the original file follow.

const stackMarker = "wasm stack trace:\n\t"

// frames reads the guest's stack from the text of an engine's error. A guest
// can put text of its own before the stack, so the last marker counts.
func (f *Factory) frames(text string) []Frame {
	i := strings.LastIndex(text, stackMarker)
	if i < 0 {
		return nil
	}
	text, _, _ = strings.Cut(text[i+len(stackMarker):], "\n\nGo runtime stack trace")
	var frames []Frame
	var code *compiledModule
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if at, ok := strings.CutPrefix(strings.TrimLeft(line, "\t"), "0x"); ok && code != nil {
			code.place(&frames[len(frames)-1], at)
			code = nil
			continue
		}
		if fr, c, ok := f.frame(strings.TrimPrefix(line, "\t")); ok {
			frames = append(frames, fr)
			code = c
		}
	}
	return frames
}

// frame reads "m2.$12(…".
func (f *Factory) frame(line string) (Frame, *compiledModule, bool) {
	name, _, _ := strings.Cut(line, "(")
	module, fn, ok := strings.Cut(name, ".$")
	if !ok {
		return Frame{}, nil, false
	}
	m, err := strconv.Atoi(strings.TrimPrefix(module, "m"))
	index, err2 := strconv.ParseUint(fn, 10, 32)
	if err != nil || err2 != nil || m < 0 || m >= len(f.compiled) {
		return Frame{}, nil, false
	}
	c := f.compiled[m]
	if c.source.index < 0 {
		return Frame{}, nil, false // of no module of the file
	}
	orig, ok := c.rewritten.OriginalFunc(uint32(index))
	if !ok {
		return Frame{}, nil, false
	}
	fr := Frame{Func: c.source.module.Original().FunctionName(orig), Module: c.source.index}
	if fr.Func == "" {
		fr.Func = fmt.Sprintf("func[%d]", orig)
	}
	return fr, c, true
}

// place reads "1f4: …" and sets the frame's offset.
func (c *compiledModule) place(fr *Frame, at string) {
	hex, _, _ := strings.Cut(at, ":")
	offset, err := strconv.ParseUint(hex, 16, 64)
	if err != nil {
		return
	}
	if orig, ok := c.rewritten.OriginalOffset(offset); ok {
		fr.Offset = c.source.offset + int(orig)
	}
}
