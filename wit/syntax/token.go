package syntax

// kind is what a token is.
type kind uint8

const (
	tokEOF kind = iota
	tokBad      // a character that belongs nowhere; it has been reported
	tokIdent
	tokInteger
	tokString

	tokEquals
	tokComma
	tokColon
	tokSemicolon
	tokLeftParen
	tokRightParen
	tokLeftBrace
	tokRightBrace
	tokLess
	tokGreater
	tokStar
	tokArrow
	tokSlash
	tokDot
	tokAt
	tokMinus
	tokPlus
	tokUnderscore

	tokAs
	tokAsync
	tokBool
	tokBorrow
	tokChar
	tokConstructor
	tokEnum
	tokExport
	tokF32
	tokF64
	tokFlags
	tokFrom
	tokFunc
	tokFuture
	tokImport
	tokInclude
	tokInterface
	tokList
	tokMap
	tokOption
	tokOwn
	tokPackage
	tokRecord
	tokResource
	tokResult
	tokS16
	tokS32
	tokS64
	tokS8
	tokStatic
	tokStream
	tokStringType
	tokTuple
	tokType
	tokU16
	tokU32
	tokU64
	tokU8
	tokUse
	tokVariant
	tokWith
	tokWorld
)

// kindText is the text of the tokens that have only one.
var kindText = [...]string{
	tokEquals: "=", tokComma: ",", tokColon: ":", tokSemicolon: ";", tokLeftParen: "(", tokRightParen: ")",
	tokLeftBrace: "{", tokRightBrace: "}", tokLess: "<", tokGreater: ">", tokStar: "*", tokArrow: "->",
	tokSlash: "/", tokDot: ".", tokAt: "@", tokMinus: "-", tokPlus: "+", tokUnderscore: "_",

	tokAs: "as", tokAsync: "async", tokBool: "bool", tokBorrow: "borrow", tokChar: "char",
	tokConstructor: "constructor", tokEnum: "enum", tokExport: "export", tokF32: "f32", tokF64: "f64",
	tokFlags: "flags", tokFrom: "from", tokFunc: "func", tokFuture: "future", tokImport: "import",
	tokInclude: "include", tokInterface: "interface", tokList: "list", tokMap: "map", tokOption: "option",
	tokOwn: "own", tokPackage: "package", tokRecord: "record", tokResource: "resource", tokResult: "result",
	tokS16: "s16", tokS32: "s32", tokS64: "s64", tokS8: "s8", tokStatic: "static", tokStream: "stream",
	tokStringType: "string", tokTuple: "tuple", tokType: "type", tokU16: "u16", tokU32: "u32", tokU64: "u64",
	tokU8: "u8", tokUse: "use", tokVariant: "variant", tokWith: "with", tokWorld: "world",
}

// keywords are the words that are no identifiers [WIT.md, Keywords].
var keywords = func() map[string]kind {
	m := map[string]kind{"_": tokUnderscore}
	for k := tokAs; int(k) < len(kindText); k++ {
		m[kindText[k]] = k
	}
	return m
}()

// IsKeyword says whether a name must be written with a % before it.
func IsKeyword(name string) bool { return keywords[name] != 0 }

func (k kind) isKeyword() bool { return k >= tokAs }

// String names a kind of token in messages.
func (k kind) String() string {
	switch {
	case k == tokEOF:
		return "the end of the file"
	case k == tokIdent:
		return "an identifier"
	case k == tokInteger:
		return "a number"
	case k == tokString:
		return "a string in quotes"
	case k.isKeyword():
		return "keyword `" + kindText[k] + "`"
	case int(k) < len(kindText) && kindText[k] != "":
		return "`" + kindText[k] + "`"
	}
	return "something unreadable"
}

// A token is a word or sign of the source.
type token struct {
	kind kind
	Span
	// prev is where the token before ends: comments stand between.
	prev int
}
