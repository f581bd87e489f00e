package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime/control"
)

// newSendCommand is `witgen send`.
func newSendCommand() *cobra.Command {
	var o controlOptions
	cmd := &cobra.Command{
		Use:   "send ACTOR MESSAGE",
		Short: "Send a message to a component that runs",
		Long: `Send a message to a component that runs. It has arrived in the mailbox when the
command ends; what becomes of it, logs shows. A MESSAGE "-" is read from the
input. ACTOR is an address, or the part behind ":" where no other has it.`,
		Example: `  witgen send orders:ledger 'id=8;amount=1.00'
  witgen send ledger - < order.txt`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			payload, err := message(cmd, args[1])
			if err != nil {
				return err
			}
			return o.with(cmd, func(ctx context.Context, c *control.Client) error {
				defer slow(cmd, "waiting for a place in the mailbox of "+args[0])()
				return c.Send(ctx, args[0], payload)
			})
		},
	}
	o.flags(cmd)
	return cmd
}

// newRequestCommand is `witgen request`.
func newRequestCommand() *cobra.Command {
	var o controlOptions
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "request ACTOR MESSAGE",
		Short: "Ask a component that runs, and print its answer",
		Long: `Ask a component that runs, and print its answer as it comes. A MESSAGE "-" is
read from the input. ACTOR is an address, or the part behind ":" where no other
has it.

With --json it is one object: answer, as text, or answer_base64 where it is none;
took_ms.

The exit status is 1 when there is no answer, or an error for one.`,
		Example: `  witgen request ledger total
  witgen request --timeout 2s --json orders:ledger total`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			payload, err := message(cmd, args[1])
			if err != nil {
				return err
			}
			return o.with(cmd, func(ctx context.Context, c *control.Client) error {
				defer slow(cmd, "waiting for the answer of "+args[0])()
				ctx, cancel := context.WithTimeout(ctx, timeout)
				defer cancel()
				began := time.Now()
				answer, err := c.Request(ctx, args[0], payload)
				if errors.Is(err, context.DeadlineExceeded) {
					return fmt.Errorf("%s has not answered within %s", args[0], timeout)
				}
				if err != nil {
					return err
				}
				return printAnswer(cmd, o.json, answer, time.Since(began))
			})
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object")
	cmd.Flags().DurationVar(&timeout, "timeout", 30*time.Second, "how long to wait for the answer")
	return cmd
}

func printAnswer(cmd *cobra.Command, asJSON bool, answer []byte, took time.Duration) error {
	if asJSON {
		object := struct {
			Answer *string `json:"answer,omitempty"`
			Base64 string  `json:"answer_base64,omitempty"`
			TookMS float64 `json:"took_ms"`
		}{TookMS: ms(took)}
		if utf8.Valid(answer) {
			text := string(answer)
			object.Answer = &text
		} else {
			object.Base64 = base64.StdEncoding.EncodeToString(answer)
		}
		printLine(cmd, object)
		return nil
	}
	out := cmd.OutOrStdout()
	_, err := out.Write(answer)
	if n := len(answer); err == nil && utf8.Valid(answer) && (n == 0 || answer[n-1] != '\n') {
		_, err = fmt.Fprintln(out)
	}
	return err
}

// message is what the command line says, or the input.
func message(cmd *cobra.Command, text string) ([]byte, error) {
	if text != "-" {
		return []byte(text), nil
	}
	payload, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), control.MaxPayload+1))
	if err == nil && len(payload) > control.MaxPayload {
		err = fmt.Errorf("the input is longer than %d bytes, which is the most that a message can be", control.MaxPayload)
	}
	return payload, err
}
