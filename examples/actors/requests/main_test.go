package main

import (
	"context"
	"fmt"
)

func Example() {
	fmt.Println(run(context.Background(), "."))
	// Output:
	// health healthy -> "ok", <nil>
	// sleep 200 -> "", context canceled
	// health degraded -> "ok", <nil>
	// fly -> "", invalid-input: internal-error: prober knows no command `fly`
	// msg="request demo:worker health healthy 60000 -> ok: 5" actor=demo:asker
	// msg="callback 5 -> ok: ok" actor=demo:asker
	// msg="request demo:worker sleep 200 20 -> ok: 6" actor=demo:asker
	// msg="callback 6 -> failed: no answer came in time" actor=demo:asker
	// msg="request demo:nobody hello 60000 -> send-failed: send-request: messaging request demo:nobody is not granted" actor=demo:asker
	// msg="request demo:worker whoami 60000 -> ok: 7" actor=demo:asker
	// msg="cancel 7 -> ok" actor=demo:asker
	// msg="sleep 500 -> slept" actor=demo:worker
	// msg=bye actor=demo:asker
	// msg=bye actor=demo:worker
	// <nil>
}
