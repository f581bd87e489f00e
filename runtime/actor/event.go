package actor

import "time"

// An Event is something that happened to an actor: one of the types in this file. Those that other packages make of their own
// events by embedding [Header] are as good.
type Event interface {
	Head() Header
	// Name is the event's word in logs: "started", "dead-letter".
	Name() string
}

// A Header is what all events have.
type Header struct {
	Time  time.Time // on the system's clock
	Actor Address
}

// Head gives the header itself.
func (h Header) Head() Header { return h }

// An Op is a call into a contract.
type Op uint8

// The calls into a contract. Making the instance is part of OpStart.
const (
	OpStart Op = iota
	OpHandle
	OpStop
	OpClose
	OpHealth
	OpSupervise // no call: a supervisor whose children needed too many restarts
)

func (o Op) String() string {
	return name(o, "start", "handle-message", "stop", "close", "health", "supervise")
}

// The events of an actor's life. Crashed, Restarting, Failed and Stopped are a supervisor's too, which Actor names then.
type (
	// Starting comes before an instance is made.
	Starting struct {
		Header
		Restart int // 0 for the first start, n for the n-th restart within the intensity's window
	}

	// Started says that the first instance is ready.
	Started struct {
		Header
		Took time.Duration
	}

	// Sent says that a message from Actor, which is zero when it comes from outside, was accepted into a mailbox. It comes before
	// everything that the message causes.
	Sent struct {
		Header
		To      Address
		Payload []byte
		Request RequestID // "" for a plain message
		Topic   string    // what it was published under, "" if it was sent
	}

	// Answered says that Actor's answer to a request, or why there is none, goes to who asked; To is zero for Go code.
	Answered struct {
		Header
		Request RequestID
		To      Address
		Payload []byte
		Err     error
		Took    time.Duration // since it was asked
	}

	// Rejected says that the instance answered a message with an error and lives on.
	Rejected struct {
		Header
		From    Address
		Payload []byte
		Err     error
	}

	// Crashed says that the instance died.
	Crashed struct {
		Header
		During  Op
		Message *Message // the message in hand, nil if there was none; valid until the observer returns
		Err     error
	}

	// TakenDown says that the actor's supervisor had its instance stopped in good order, to start it afresh: along with a sibling, or
	// because of [System.Restart] or [System.Replace]. What is in its mailbox stays.
	TakenDown struct {
		Header
		Err error // what the contract's Stop answered
	}

	// Reverted says that what [System.Replace] gave did not start, and that the actor goes on with what it was before.
	Reverted struct {
		Header
		Err error // of the start
	}

	// Restarting says that a fresh instance will be made, as soon as In has passed since the event. The clock waits already.
	Restarting struct {
		Header
		In        time.Duration
		Restart   int // which one within the intensity's window
		Intensity Intensity
	}

	// Restarted says that a fresh instance is ready in place of the one that ended.
	Restarted struct {
		Header
		After     time.Duration // from the end of the last instance that was ready, or from the first attempt if none was
		Restart   int           // which one within the intensity's window
		Intensity Intensity
	}

	// DeadLettered says that a message to Actor will not be handled.
	DeadLettered struct {
		Header
		DeadLetter DeadLetter
	}

	// CloseFailed says that freeing an ended instance failed, which may have left something behind.
	CloseFailed struct {
		Header
		Err error
	}

	// Stopped says that the actor has terminated: it was told to stop, or ended by itself and is not restarted.
	Stopped struct {
		Header
		Err  error // what the contract's Stop answered
		Left int   // messages in its mailbox, which become dead letters
	}

	// Failed says that the actor crashed and is not restarted.
	Failed struct {
		Header
		Reason error
		Left   int // messages in its mailbox, which become dead letters
	}
)

// Name is "starting".
func (Starting) Name() string { return "starting" }

// Name is "started".
func (Started) Name() string { return "started" }

// Name is "message".
func (Sent) Name() string { return "message" }

// Name is "answer".
func (Answered) Name() string { return "answer" }

func sent(p *process, m *Message) Sent {
	e := Sent{Header: p.sys.header(m.From), To: p.address, Payload: m.Payload, Topic: m.Topic}
	if m.Request != nil {
		e.Request = m.Request.ID
	}
	return e
}

// Name is "rejected".
func (Rejected) Name() string { return "rejected" }

// Name is "crashed".
func (Crashed) Name() string { return "crashed" }

// Name is "taken-down".
func (TakenDown) Name() string { return "taken-down" }

// Name is "reverted".
func (Reverted) Name() string { return "reverted" }

// Name is "restarting".
func (Restarting) Name() string { return "restarting" }

// Name is "restarted".
func (Restarted) Name() string { return "restarted" }

// Name is "dead-letter".
func (DeadLettered) Name() string { return "dead-letter" }

// Name is "close-failed".
func (CloseFailed) Name() string { return "close-failed" }

// Name is "stopped".
func (Stopped) Name() string { return "stopped" }

// Name is "failed".
func (Failed) Name() string { return "failed" }
