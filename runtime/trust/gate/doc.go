// Package gate holds the decision whether a component may start, put together of all that it takes: the trust file, the approvals, and the audit log
// that each step is written to before it takes effect. They lie in one folder, the host's state:
//
//	trust.toml     whom the host trusts (package trust)
//	approvals.db   what was decided (package approval)
//	audit/         the log (package audit), audit.head its head, audit.key and .pub the key that signs it
//
// A gate knows nothing of actors; package runtime opens it for each component that it starts.
package gate
