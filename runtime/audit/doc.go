// Package audit holds the log of what components did and were refused, and of every decision about them: JSON, one record a line, in files that
// show when they were changed. It decides nothing; those who decide write here.
//
//	guard ── counts, denials ──▶ Recorder ─┐
//	approvals, trust ── Commit (durable) ──┴▶ buffer ─▶ writer ─▶ audit-000001.jsonl …   each line carries the hash of all before it
//	                                                      └────▶ head: the last signed hash, kept apart
//
// # What shows
//
// Each line ends in "chain", the SHA-256 of the chain before it and of the line itself. A line that is edited, taken out or put in breaks it. Who
// recomputes the chain cannot sign it: every second in which something was written, and at the end, a checkpoint signs the chain so far with the
// log's key. Who cuts the end off leaves a head that the log does not reach. [Verify] looks for all of it. What was written since the last
// checkpoint, a second's worth, rests on the chain alone.
//
// # What may be lost
//
// [Log.Commit] returns when the record is on the disk. What [Log.Append] and a [Recorder] are given waits in a buffer of a fixed size for the writer.
// When it is full the caller waits, or the record is dropped and counted, as [Config] says; a record "lost" says how many. A process that dies loses
// what is in its buffer; the next one to open the log finds the dead one's mark and writes a record "gap".
//
// # Several processes
//
// may write one log at a time: they take turns for each batch, and go on where the other one left off.
package audit
