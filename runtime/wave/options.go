package wave

// An Option is an option of Parse, ParseCall and Format.
type Option func(*options)

type options struct {
	handles   *Handles
	width     int
	limit     int
	textBytes bool
}

func newOptions(opts []Option) options {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// WithHandles gives resources their names. Without, none can be read, and one is
// written as its type and what its implementation knows it by: counter#7.
func WithHandles(h *Handles) Option { return func(o *options) { o.handles = h } }

// WithWidth has Format break a value that is longer than so many characters
// over several lines, indented. Without, it is one line.
func WithWidth(width int) Option { return func(o *options) { o.width = width } }

// WithTextBytes has Format write a list<u8> that holds text as a string, which
// Parse reads again.
func WithTextBytes() Option { return func(o *options) { o.textBytes = true } }

// WithLimit has Format end the text after about so many bytes with an ellipsis.
// Such a text is for people: Parse may not read it. A limit leaves the value on
// one line.
func WithLimit(bytes int) Option { return func(o *options) { o.limit = bytes } }
