module github.com/airsstack/witgen/benchmarks

go 1.26.0

require (
	github.com/airsstack/witgen v0.0.0
	github.com/samyfodil/wazy v0.7.0
	github.com/tetratelabs/wazero v1.12.0
)

require (
	github.com/aclements/go-moremath v0.0.0-20210112150236-f10218a38794 // indirect
	golang.org/x/perf v0.0.0-20260908200009-22c9c6c9d4da // indirect
	golang.org/x/sys v0.48.0 // indirect
)

replace github.com/airsstack/witgen => ..

tool golang.org/x/perf/cmd/benchstat
